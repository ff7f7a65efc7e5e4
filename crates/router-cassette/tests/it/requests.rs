//! Recorded requests, read as a server and written again as a client, stay what they were.
//!
//! `docs/requests.md` lists what is written otherwise, and why.

use std::collections::BTreeMap;

use router_cassette::{Cassette, service};
use router_core::{Call, Warning};
use router_wire::{HttpRequest, ServerCodec};
use serde_json::{Value, json};

use crate::aliases::{ALIASES, normal};
use crate::folder;

/// A difference that is meant: its name on the page, and which it is.
type Meant = (&'static str, fn(&Difference) -> bool);

const MEANT: &[Meant] = &[
    ("Usage of a stream", |difference| {
        let written = &difference.written;
        difference.path.starts_with(".stream_options")
            && (*written == true || written["include_usage"] == true || written.is_null())
    }),
    ("DeepSeek: effort switches thinking on", |difference| {
        difference.path == ".thinking" && difference.written == json!({"type": "enabled"})
    }),
    ("Mistral: ids of calls", |difference| {
        let fits = |id: &Value| {
            let id = id.as_str().unwrap_or_default();
            id.len() == 9 && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        let place = [".messages[].tool_calls[].id", ".messages[].tool_call_id"].contains(&&*difference.path);
        place && fits(&difference.written) && !fits(&difference.read)
    }),
    ("Mistral: a voice by its id, and speech in pieces", |difference| {
        let Difference {
            path, read, written, ..
        } = difference;
        (path == ".voice" && written.is_null())
            || (path == ".voice_id" && read.is_null())
            || (path == ".stream" && read.is_null() && *written == true)
    }),
    ("DeepSeek: turns with calls hold reasoning", |difference| {
        difference.path == ".messages[].reasoning_content" && difference.written == ""
    }),
    ("Converse: nothing set", |difference| {
        let Difference {
            path, read, written, ..
        } = difference;
        let may = [".system", ".inferenceConfig", ".inferenceConfig.stopSequences"].contains(&path.as_str());
        may && written.is_null() && (*read == json!([]) || *read == json!({}))
    }),
    ("Settings that a vendor has not", |difference| {
        difference.warned && difference.written.is_null()
    }),
];

/// Requests that we refuse and the vendor answered: their name on the page, and the error.
const REFUSED: &[(&str, &str)] = &[("Calls without an id", ".id: is required")];

/// A value that is written otherwise than it was read.
struct Difference {
    /// Where, list places left out: `.messages[].content`.
    path: String,
    read: Value,
    written: Value,
    /// Whether the caller was told.
    warned: bool,
}

impl Difference {
    /// Whether a warning tells of it.
    fn is_told_by(&self, warning: &Warning) -> bool {
        let named = match warning.setting.as_str() {
            "stop_sequences" => "stop",
            setting => setting.rsplit('.').next().unwrap_or(setting),
        };
        self.path.rsplit('.').next() == Some(named)
    }
}

/// A request in a recording, its model filled in where the address has it.
pub(crate) struct Request<'a> {
    pub(crate) cassette: &'a Cassette,
    pub(crate) body: Value,
}

impl<'a> Request<'a> {
    /// The request, when it is whole and for an endpoint with a server side.
    pub(crate) fn of(cassette: &'a Cassette) -> Option<Self> {
        let request = cassette.request.as_ref()?;
        if request.truncated || !request.body.is_object() || service(cassette).is_err() {
            return None;
        }
        let (path, _) = server(cassette)?;
        let mut body = request.body.clone();
        if body.get("model").is_none() && !path.contains("/models/") {
            body["model"] = json!("model");
        }
        Some(Self { cassette, body })
    }

    /// What a client writes for what a server read.
    pub(crate) fn again(&self, body: &Value) -> Result<Value, router_core::Error> {
        self.written(body).map(|(written, _)| written)
    }

    /// The same, and what the caller was told about it.
    fn written(&self, body: &Value) -> Result<(Value, Vec<Warning>), router_core::Error> {
        let (path, endpoints) = server(self.cassette).expect("an endpoint with a server side");
        let http = HttpRequest::post_json(path, body.to_string());
        let endpoint = endpoints.iter().find(|endpoint| endpoint.claims(&http));
        let ingress = endpoint.expect("an endpoint at this path").decode(&http)?;
        let mut call = Call::new(ingress.model, ingress.operation);
        call.mode = ingress.mode;
        let codec = service(self.cassette).expect("a codec").codec;
        let encoded = codec.encode(&call)?;
        let written = serde_json::from_slice(&encoded.request.body).expect("a body in JSON");
        Ok((written, encoded.warnings))
    }

    /// What is written otherwise and not meant so, or the error.
    fn differences(&self, body: &Value) -> Result<Vec<Difference>, router_core::Error> {
        let (written, warnings) = self.written(body)?;
        let (read, written) = (self.normal(body.clone()), self.normal(written));
        let mut found = Vec::new();
        compare(String::new(), &read, &written, &mut found);
        for warning in &warnings {
            let told = found
                .iter_mut()
                .filter(|difference| difference.is_told_by(warning));
            let told = told.map(|difference| difference.warned = true).count();
            assert!(
                told > 0,
                "{}: a warning of nothing: {warning:?}",
                self.cassette.id
            );
        }
        found.retain(|difference| !MEANT.iter().any(|(_, is)| is(difference)));
        Ok(found)
    }

    fn normal(&self, body: Value) -> Value {
        normal(&self.cassette.endpoint, self.cassette.path(), body)
    }
}

/// The address of a recorded request at our server, and the endpoints that speak its wire.
fn server(cassette: &Cassette) -> Option<(String, Vec<Box<dyn ServerCodec>>)> {
    let path = cassette.path();
    let google = path
        .rfind("/models/")
        .filter(|_| path.contains(':') && !path.contains("/openai/"));
    let google = google.filter(|_| !path.contains("/publishers/anthropic/") && !path.ends_with(":predict"));
    if let Some(at) = google {
        let path = format!("/v1beta{}", &path[at..]);
        return Some((path, router_wire_gemini::endpoints()));
    }
    let (path, endpoints) = match cassette.endpoint.as_str() {
        "chat" if path.ends_with("/v2/chat") => ("/v2/chat", router_cohere::endpoints()),
        "embeddings" if path.ends_with("/v2/embed") => ("/v2/embed", router_cohere::endpoints()),
        "rerank" if path.ends_with("/v2/rerank") => ("/v2/rerank", router_cohere::endpoints()),
        // The first versions, which the vendor has closed or will.
        "embeddings" | "rerank" if cassette.provider == "cohere" => return None,
        "chat" if path.ends_with("/api/chat") => ("/api/chat", router_ollama::endpoints()),
        "embeddings" if path.ends_with("/api/embed") => ("/api/embed", router_ollama::endpoints()),
        // The form before it, which only old clients send.
        "embeddings" if path.ends_with("/api/embeddings") => return None,
        "chat" => ("/v1/chat/completions", router_wire_openai::endpoints()),
        "responses" => ("/v1/responses", router_wire_openai::endpoints()),
        "embeddings" => ("/v1/embeddings", router_wire_openai::endpoints()),
        "completions" if path.ends_with("/completions") => {
            ("/v1/completions", router_wire_openai::endpoints())
        }
        "images" if path.ends_with("/images/generations") => {
            ("/v1/images/generations", router_wire_openai::endpoints())
        }
        "images" if path.ends_with("/images/edits") => ("/v1/images/edits", router_wire_openai::endpoints()),
        "audio-speech" if path.ends_with("/audio/speech") => {
            ("/v1/audio/speech", router_wire_openai::endpoints())
        }
        "moderations" => ("/v1/moderations", router_wire_openai::endpoints()),
        "rerank" => ("/v1/rerank", router_wire_openai::endpoints()),
        "converse" => return Some((path.to_owned(), router_bedrock::endpoints())),
        // What is counted may be a body of another of its APIs.
        "count_tokens" if cassette.provider == "bedrock" => return None,
        "messages" => ("/v1/messages", router_wire_anthropic::endpoints()),
        "count_tokens" => ("/v1/messages/count_tokens", router_wire_anthropic::endpoints()),
        _ => return None,
    };
    Some((path.to_owned(), endpoints))
}

fn compare(path: String, read: &Value, written: &Value, found: &mut Vec<Difference>) {
    match (read, written) {
        (Value::Object(read), Value::Object(written)) => {
            let mut names: Vec<&String> = read.keys().chain(written.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let of =
                    |object: &serde_json::Map<String, Value>| object.get(name).cloned().unwrap_or_default();
                compare(format!("{path}.{name}"), &of(read), &of(written), found);
            }
        }
        (Value::Array(read), Value::Array(written)) if read.len() == written.len() => {
            for (read, written) in read.iter().zip(written) {
                compare(format!("{path}[]"), read, written, found);
            }
        }
        (Value::Number(read), Value::Number(written)) if read.as_f64() == written.as_f64() => {}
        (read, written) if read == written => {}
        (read, written) => found.push(Difference {
            path,
            read: read.clone(),
            written: written.clone(),
            warned: false,
        }),
    }
}

#[test]
fn recorded_requests_come_out_as_they_went_in() {
    let Some(cassettes) = folder::recordings() else {
        return;
    };
    let (mut equal, mut report) = (BTreeMap::new(), Vec::new());
    for request in cassettes.iter().filter_map(Request::of) {
        let Cassette {
            id,
            endpoint,
            response,
            ..
        } = request.cassette;
        match request.differences(&request.body) {
            Ok(found) if found.is_empty() => *equal.entry(endpoint.clone()).or_insert(0) += 1,
            Ok(found) => report.extend(found.iter().map(|difference| {
                let Difference {
                    path, read, written, ..
                } = difference;
                format!("{id}: {path}\n    read    {read}\n    written {written}")
            })),
            // The vendor refused it too.
            Err(_) if response.status >= 400 => {}
            Err(error) if REFUSED.iter().any(|(_, why)| error.message().ends_with(why)) => {}
            Err(error) => report.push(format!("{id}: {error}")),
        }
    }
    println!("equal: {equal:?}");
    assert!(
        report.is_empty(),
        "{} differences:\n{}",
        report.len(),
        report.join("\n")
    );
}

/// What is refused with its name, where a text to embed has more than a text, and where a batch does not ask for one thing.
const REFUSED_UNKNOWN: &[&str] = &[
    "must be text alone",
    "must ask for the same as the others, but for its text",
];

/// Fields that nobody has thought of, anywhere in a request.
#[test]
fn unknown_fields_stay_where_they_were() {
    let Some(cassettes) = folder::recordings() else {
        return;
    };
    let (mut places, mut lost) = (0, BTreeMap::new());
    for request in cassettes.iter().filter_map(Request::of) {
        // The vendor refuses what its model of the API has not, and its clients cannot send it.
        let is_closed = request.cassette.endpoint == "converse";
        if is_closed || request.differences(&request.body).is_err() {
            continue;
        }
        let google = request.cassette.endpoint == "generateContent"
            || request.cassette.path().contains(":countTokens");
        for place in objects(&request.body) {
            // A field of a tool is a tool there.
            if google && place.starts_with("/tools/") && place.matches('/').count() == 2 {
                continue;
            }
            let mut body = request.body.clone();
            body.pointer_mut(&place).expect("an object")["x_new"] = json!({"a": [1]});
            places += 1;
            let what = match request.differences(&body) {
                Ok(found) if found.is_empty() => continue,
                Ok(found) => format!("{} {}", request.cassette.endpoint, found[0].path),
                Err(error) if REFUSED_UNKNOWN.iter().any(|why| error.message().ends_with(why)) => continue,
                Err(error) => format!("{} {error}", request.cassette.endpoint),
            };
            lost.entry(what).or_insert_with(|| request.cassette.id.clone());
        }
    }
    println!("{places} unknown fields");
    assert!(lost.is_empty(), "lost or refused: {lost:#?}");
}

/// Values that travel as they are.
const OPAQUE: &[&str] = &[
    "arguments",
    "args",
    "input",
    "input_schema",
    "parameters",
    "parametersJsonSchema",
    "parameters_json_schema",
    "response",
    "responseJsonSchema",
    "responseSchema",
    "response_json_schema",
    "response_schema",
    "schema",
];

/// The places of all objects in a value but for those in values that travel as they are.
fn objects(value: &Value) -> Vec<String> {
    fn walk(place: String, value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    // The list of inputs and the object of arguments have the same name.
                    if !OPAQUE.contains(&name.as_str()) || (name == "input" && value.is_array()) {
                        let name = name.replace('~', "~0").replace('/', "~1");
                        walk(format!("{place}/{name}"), value, found);
                    }
                }
                found.push(place);
            }
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    walk(format!("{place}/{at}"), item, found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(String::new(), value, &mut found);
    found
}

/// The page lists what is tested, and nothing else.
#[test]
fn the_page_on_requests_lists_what_is_tested() {
    let page = include_str!("../../../../docs/requests.md");
    let rows = page
        .lines()
        .filter_map(|line| line.strip_prefix("| **")?.split_once("**"));
    let listed: Vec<&str> = rows.map(|(name, _)| name).collect();
    let aliases = ALIASES.iter().map(|(name, _)| *name);
    let meant = MEANT.iter().map(|(name, _)| *name);
    let refused = REFUSED.iter().map(|(name, _)| *name);
    assert_eq!(listed, aliases.chain(meant).chain(refused).collect::<Vec<_>>());
}
