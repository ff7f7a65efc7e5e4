//! Reads a folder of recorded traffic, named by `ROUTER_CASSETTES`.

use std::fs;
use std::path::{Path, PathBuf};

use http::{HeaderMap, HeaderName, HeaderValue};
use router_wire::HttpResponse;
use serde_json::Value;

/// One recorded interaction.
pub(crate) struct Cassette {
    pub(crate) id: String,
    pub(crate) json: Value,
}

/// The folder, unless the variable is not set; says so then.
pub(crate) fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("ROUTER_CASSETTES").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: ROUTER_CASSETTES not set");
    }
    folder
}

/// All recordings of an endpoint, sorted by id.
pub(crate) fn of_endpoint(folder: &Path, endpoint: &str) -> Vec<Cassette> {
    let mut found = Vec::new();
    for provider in fs::read_dir(folder).expect("a folder of recordings") {
        let provider = provider.expect("a readable entry").path();
        if !provider.is_dir() {
            continue;
        }
        for file in fs::read_dir(provider).expect("a readable folder") {
            let file = file.expect("a readable entry").path();
            if file.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let json: Value = serde_json::from_str(&fs::read_to_string(&file).expect("a readable file"))
                .expect("a JSON file");
            if json["endpoint"] == endpoint {
                found.push(Cassette {
                    id: json["id"].as_str().unwrap_or_default().to_owned(),
                    json,
                });
            }
        }
    }
    found.sort_by(|one, other| one.id.cmp(&other.id));
    found
}

impl Cassette {
    pub(crate) fn provider(&self) -> &str {
        self.json["provider"].as_str().unwrap_or_default()
    }

    pub(crate) fn request_body(&self) -> &Value {
        &self.json["request"]["body"]
    }

    pub(crate) fn response(&self) -> HttpResponse {
        let response = &self.json["response"];
        let mut headers = HeaderMap::new();
        for (name, value) in response["headers"].as_object().into_iter().flatten() {
            let name = HeaderName::from_bytes(name.as_bytes());
            let value = value.as_str().map(HeaderValue::from_str);
            if let (Ok(name), Some(Ok(value))) = (name, value) {
                headers.insert(name, value);
            }
        }
        let body = match response["text"].as_str() {
            Some(text) => text.to_owned(),
            None => response["body"].to_string(),
        };
        let status = response["status"].as_u64().unwrap_or_default() as u16;
        HttpResponse::new(status, headers, body)
    }
}
