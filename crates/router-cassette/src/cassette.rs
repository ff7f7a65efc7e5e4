//! Recordings: their fields, and how a folder of them is read.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use router_wire::HttpResponse;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// One recorded HTTP interaction. Fields that are not named here are let pass.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Cassette {
    /// `<vendor>/<name>`.
    pub id: String,
    /// The service that answered.
    pub provider: String,
    /// What was asked of it: `chat`, `responses`, `messages`, `generateContent`, `embeddings`, …
    pub endpoint: String,
    /// The request; absent where only the answer was published.
    #[serde(default)]
    pub request: Option<RecordedRequest>,
    /// The answer.
    pub response: RecordedResponse,
}

/// A recorded request.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The method.
    #[serde(deserialize_with = "or_default")]
    pub method: String,
    /// The whole address.
    #[serde(deserialize_with = "or_default")]
    pub url: String,
    /// Headers, in lower case.
    #[serde(deserialize_with = "or_default")]
    pub headers: BTreeMap<String, Value>,
    /// A JSON body.
    pub body: Value,
    /// The fields of a form: `name`, and `text` or what is said of a file.
    #[serde(deserialize_with = "or_default")]
    pub multipart: Vec<Value>,
    /// Whether parts of the body were cut.
    #[serde(deserialize_with = "or_default")]
    pub truncated: bool,
}

/// A recorded answer.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct RecordedResponse {
    /// HTTP status.
    pub status: u16,
    /// Headers, in lower case.
    #[serde(default, deserialize_with = "or_default")]
    pub headers: BTreeMap<String, Value>,
    /// The JSON body, parsed. Where there is `text`, only a view of it.
    #[serde(default)]
    pub body: Value,
    /// The exact body.
    #[serde(default)]
    pub text: Option<String>,
    /// A binary body.
    #[serde(default)]
    pub base64: Option<String>,
}

/// The payload of a recorded answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recorded {
    /// Text, JSON or a stream of them.
    Text(Bytes),
    /// Bytes.
    Binary(Bytes),
}

/// A value that may be null.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(value: D) -> Result<T, D::Error> {
    Option::deserialize(value).map(Option::unwrap_or_default)
}

/// Why a recording cannot be read.
#[derive(Debug)]
pub struct LoadError {
    place: String,
    why: String,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.why)
    }
}

impl std::error::Error for LoadError {}

impl LoadError {
    pub(crate) fn new(place: impl fmt::Display, why: impl fmt::Display) -> Self {
        Self {
            place: place.to_string(),
            why: why.to_string(),
        }
    }
}

impl Cassette {
    /// Reads a recording.
    ///
    /// # Errors
    /// When it is no JSON of this form.
    pub fn parse(text: &str) -> Result<Self, LoadError> {
        let text = text.trim_start_matches('\u{feff}');
        serde_json::from_str(text).map_err(|error| LoadError::new("recording", error))
    }

    /// The path of the request's address, without query; empty where there is no request.
    #[must_use]
    pub fn path(&self) -> &str {
        let url = self.request.as_ref().map_or("", |request| request.url.as_str());
        let url = url.split(['?', '#']).next().unwrap_or_default();
        match url.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]),
            None => url,
        }
    }

    /// A field of the request's JSON body or form.
    #[must_use]
    pub fn asked(&self, field: &str) -> &Value {
        static NONE: Value = Value::Null;
        let Some(request) = &self.request else {
            return &NONE;
        };
        let in_form = request.multipart.iter().find(|part| part["name"] == *field);
        in_form.map_or(&request.body[field], |part| &part["text"])
    }

    /// A header of the answer, in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.response
            .headers
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Whether the answer is a stream of events or lines, by its beginning and its content type; for bytes of a kind that is not
    /// told, by the address.
    #[must_use]
    pub fn is_streamed(&self) -> bool {
        let text = match &self.response.text {
            Some(text) => Cow::Borrowed(text.as_str()),
            None => self.text_in_bytes(),
        };
        let head = text.trim_start_matches(['\u{feff}', '\r', '\n', ' ']);
        let starts = ["data:", "event:", "id:", ":"]
            .iter()
            .any(|start| head.starts_with(start));
        let content_type = self.header("content-type").to_ascii_lowercase();
        let framed = ["ndjson", "vnd.amazon.eventstream"];
        let unnamed = self.response.base64.is_some() && content_type.is_empty();
        starts
            || framed.iter().any(|framing| content_type.contains(framing))
            || (unnamed && self.path().ends_with("-stream"))
    }

    /// The text that was kept as bytes; empty where there are no bytes or no text in them.
    fn text_in_bytes(&self) -> Cow<'static, str> {
        match self.response.base64.as_ref().map(|_| self.payload()) {
            Some(Ok(Recorded::Text(text))) => String::from_utf8(text.into()).unwrap_or_default().into(),
            _ => Cow::Borrowed(""),
        }
    }

    /// The payload of the answer. What was kept as bytes and is text is text.
    ///
    /// # Errors
    /// When its base64 is none.
    pub fn payload(&self) -> Result<Recorded, LoadError> {
        let response = &self.response;
        Ok(match (&response.text, &response.base64) {
            (Some(text), _) => Recorded::Text(Bytes::from(text.clone())),
            (None, Some(data)) => {
                let bytes = base64::engine::general_purpose::STANDARD.decode(data);
                let bytes = bytes.map_err(|error| LoadError::new(&self.id, error))?;
                match String::from_utf8(bytes) {
                    Ok(text) if !text.is_empty() => Recorded::Text(Bytes::from(text)),
                    Ok(_) => Recorded::Binary(Bytes::new()),
                    Err(error) => Recorded::Binary(Bytes::from(error.into_bytes())),
                }
            }
            (None, None) if response.body.is_null() => Recorded::Text(Bytes::new()),
            (None, None) => Recorded::Text(Bytes::from(response.body.to_string())),
        })
    }

    /// What bytes are, as far as the answer or their beginning tells.
    pub(crate) fn kind_of_bytes(&self) -> String {
        let gzip = self
            .response
            .base64
            .as_deref()
            .is_some_and(|data| data.starts_with("H4sI"));
        match self.header("content-type") {
            _ if gzip => " in gzip (recordings hold bodies decoded)".to_owned(),
            "" => String::new(),
            kind => format!(" of the type {kind}"),
        }
    }

    /// The answer as it came.
    ///
    /// # Errors
    /// When its payload cannot be read.
    pub fn http_response(&self) -> Result<HttpResponse, LoadError> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.response.headers {
            let name = HeaderName::from_bytes(name.as_bytes());
            let value = value.as_str().map(HeaderValue::from_str);
            if let (Ok(name), Some(Ok(value))) = (name, value) {
                headers.append(name, value);
            }
        }
        let (Recorded::Text(body) | Recorded::Binary(body)) = self.payload()?;
        Ok(HttpResponse::new(self.response.status, headers, body))
    }
}

/// All recordings below a folder, `<folder>/<vendor>/<name>.json`, sorted by id.
///
/// # Errors
/// For a folder or file that cannot be read, and for a file that is no recording, naming it.
pub fn read_dir(folder: &Path) -> Result<Vec<Cassette>, LoadError> {
    let files = read_each(folder)?;
    files.into_iter().map(|(_, cassette)| cassette).collect()
}

/// A file of a folder: its id, and the recording in it.
pub type File = (String, Result<Cassette, LoadError>);

/// The same, each file for itself: what is no recording has the error in its place, and the id that its name gives.
///
/// # Errors
/// For a folder that cannot be read, naming it.
pub fn read_each(folder: &Path) -> Result<Vec<File>, LoadError> {
    let list = |folder: &Path| -> Result<Vec<std::path::PathBuf>, LoadError> {
        let entries = fs::read_dir(folder).map_err(|error| LoadError::new(folder.display(), error))?;
        let paths = entries.map(|entry| entry.map(|entry| entry.path()));
        paths
            .collect::<Result<_, _>>()
            .map_err(|error| LoadError::new(folder.display(), error))
    };
    let mut cassettes = Vec::new();
    for vendor in list(folder)?.into_iter().filter(|path| path.is_dir()) {
        for file in list(&vendor)? {
            if file.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let cassette = fs::read_to_string(&file)
                .map_err(|error| LoadError::new(file.display(), error))
                .and_then(|text| {
                    Cassette::parse(&text).map_err(|error| LoadError::new(file.display(), error.why))
                });
            let name = |path: &Path| {
                path.file_stem()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned()
            };
            let id = match &cassette {
                Ok(cassette) => cassette.id.clone(),
                Err(_) => format!("{}/{}", name(&vendor), name(&file)),
            };
            cassettes.push((id, cassette));
        }
    }
    cassettes.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(cassettes)
}
