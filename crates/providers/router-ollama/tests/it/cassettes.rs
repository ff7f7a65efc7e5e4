//! Reads a folder of recorded traffic, named by `ROUTER_CASSETTES`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// One recorded interaction on Ollama's own wire.
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

/// All recordings of an endpoint at `/api/…`, of any vendor, sorted by id.
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
            let text = fs::read_to_string(&file).expect("a readable file");
            let json: Value = serde_json::from_str(&text).expect("a JSON file");
            let id = json["id"].as_str().unwrap_or_default().to_owned();
            let cassette = Cassette { id, json };
            if cassette.json["endpoint"] == endpoint && cassette.is_ours() {
                found.push(cassette);
            }
        }
    }
    found.sort_by(|one, other| one.id.cmp(&other.id));
    found
}

impl Cassette {
    fn is_ours(&self) -> bool {
        let ollama = self.json["provider"] == "ollama";
        let url = self.json["request"]["url"].as_str().unwrap_or_default();
        let path = url.split_once("://").map_or(url, |(_, rest)| rest);
        ollama && path.contains("/api/")
    }

    pub(crate) fn request_body(&self) -> &Value {
        &self.json["request"]["body"]
    }
}
