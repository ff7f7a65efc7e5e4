//! Fixtures of a vendor: what it answers to a case, and the request it must have got.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use bytes::Bytes;
use router_core::ModelId;
use router_http::TransportRequest;
use router_http::replay::ReplayTransport;
use router_wire::HttpRequest;
use router_wire::framing::event_stream::Message;
use router_wire::multipart::{Field, Form};
use serde_json::{Map, Value, json};

use crate::subject::ADDRESS;

/// Set to write request fixtures instead of comparing them; read what was written before it is committed.
const BLESS: &str = "ROUTER_CONFORMANCE_BLESS";

/// What stands for the vendor's model in the fixtures of a family.
const MODEL: &str = "$model";

/// The folder of a vendor's fixtures, and that of its family for what the vendor does as all of them do.
#[derive(Clone, Debug)]
pub(crate) struct Fixtures {
    dir: PathBuf,
    family: Option<PathBuf>,
}

/// An answer of the vendor.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Answered {
    pub(crate) fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: body.into(),
        }
    }

    /// The same answer with another body.
    pub(crate) fn with_body(&self, body: impl Into<Bytes>) -> Self {
        Self {
            body: body.into(),
            ..self.clone()
        }
    }

    /// The transport, answering this next, in pieces cut at these places.
    pub(crate) fn on(&self, transport: ReplayTransport, cuts: &[usize]) -> ReplayTransport {
        let headers: Vec<(&str, &str)> = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let mut pieces = Vec::new();
        let mut start = 0;
        for cut in cuts.iter().copied().chain([self.body.len()]) {
            pieces.push(Ok(self.body.slice(start..cut)));
            start = cut;
        }
        transport.reply(self.status, &headers, pieces)
    }

    /// The frames of a streamed body, each with its end: binary frames, blocks up to a blank line, or lines.
    pub(crate) fn frames(&self) -> Vec<Bytes> {
        if self.is_binary() {
            return binary_frames(self.body.clone());
        }
        let end: &[u8] = if self.is_sse() { b"\n\n" } else { b"\n" };
        let mut frames = Vec::new();
        let mut start = 0;
        while start < self.body.len() {
            let found = self.body[start..]
                .windows(end.len())
                .position(|window| window == end);
            let stop = found.map_or(self.body.len(), |at| start + at + end.len());
            frames.push(self.body.slice(start..stop));
            start = stop;
        }
        frames
    }

    /// A frame, with fields, that nobody knows.
    pub(crate) fn unknown_frame(&self) -> Vec<u8> {
        let json = "{\"type\":\"x_conformance\",\"x\":[1]}";
        if self.is_binary() {
            binary_frame(&Message::event("x_conformance", json))
        } else if self.is_sse() {
            format!(": a comment\n\nevent: x_conformance\ndata: {json}\n\n").into_bytes()
        } else {
            format!("{json}\n").into_bytes()
        }
    }

    /// A frame like `before` whose JSON breaks off.
    pub(crate) fn broken_frame(&self, before: &Bytes) -> Vec<u8> {
        let json = "{\"broken\": [";
        if self.is_binary() {
            let mut message = Message::read(before.clone()).expect("a frame of the fixture");
            message.payload = Bytes::from_static(json.as_bytes());
            binary_frame(&message)
        } else if self.is_sse() {
            format!("data: {json}\n\n").into_bytes()
        } else {
            format!("{json}\n").into_bytes()
        }
    }

    fn is_sse(&self) -> bool {
        self.has_type("text/event-stream")
    }

    fn is_binary(&self) -> bool {
        self.has_type(BINARY)
    }

    fn has_type(&self, media_type: &str) -> bool {
        self.headers
            .iter()
            .any(|(name, value)| name == "content-type" && value.starts_with(media_type))
    }
}

impl Fixtures {
    pub(crate) fn at(dir: PathBuf) -> Self {
        Self { dir, family: None }
    }

    /// With the fixtures of OpenAI's family behind those of the vendor.
    pub(crate) fn compatible(mut self) -> Self {
        self.family = Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/compatible"));
        self
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The vendor's own files, sorted; folders below the folder belong to other suites.
    pub(crate) fn files(&self) -> Vec<String> {
        files(&self.dir)
    }

    /// The vendor's own files that say no more than the family's.
    pub(crate) fn repeated(&self) -> Vec<String> {
        let Some(family) = &self.family else {
            return Vec::new();
        };
        let same = |name: &String| {
            let theirs = std::fs::read(family.join(name));
            theirs.is_ok_and(|theirs| std::fs::read(self.dir.join(name)).is_ok_and(|ours| ours == theirs))
        };
        self.files().into_iter().filter(same).collect()
    }

    /// A file of the vendor, or of its family.
    fn read(&self, name: &str) -> Option<Vec<u8>> {
        let own = std::fs::read(self.dir.join(name)).ok();
        own.or_else(|| std::fs::read(self.family.as_ref()?.join(name)).ok())
    }

    /// What the vendor answers to a case.
    pub(crate) fn response(&self, case: &str) -> Option<Answered> {
        let dirs = std::iter::once(&self.dir).chain(&self.family);
        dirs.into_iter().find_map(|dir| response_in(dir, case))
    }

    /// What the vendor answers to the first of these cases that has an answer.
    pub(crate) fn response_of(&self, cases: &[&str]) -> Answered {
        cases
            .iter()
            .find_map(|case| self.response(case))
            .unwrap_or_else(|| {
                panic!(
                    "no fixture {}.response.{{json,sse,jsonl,events,http}} in {}",
                    cases[0],
                    self.dir.display()
                )
            })
    }

    /// All streamed answers, with the names of their cases.
    pub(crate) fn streams(&self) -> Vec<(String, Answered)> {
        let mut names = self.files();
        names.extend(self.family.iter().flat_map(|family| files(family)));
        let cases: BTreeSet<&str> = names
            .iter()
            .filter_map(|name| name.split_once(".response.").map(|(case, _)| case))
            .filter(|case| case.starts_with("stream_"))
            .collect();
        cases
            .into_iter()
            .filter_map(|case| Some((case.to_owned(), self.response(case)?)))
            .collect()
    }

    /// Writes a request fixture, unless the family's says the same.
    fn bless(&self, name: &str, got: &Map<String, Value>, model: &ModelId) {
        let family = self.family.as_ref().and_then(|family| {
            let text = std::fs::read(family.join(name)).ok()?;
            let mut request: Map<String, Value> = serde_json::from_slice(&text).ok()?;
            name_model(&mut request, model);
            Some(request)
        });
        let path = self.dir.join(name);
        if family.as_ref() == Some(got) {
            let _ = std::fs::remove_file(path);
            return;
        }
        let text = serde_json::to_string_pretty(got).expect("a value is JSON");
        std::fs::create_dir_all(&self.dir)
            .and_then(|()| std::fs::write(&path, text + "\n"))
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// Compares a request for a model with `CASE.request.json`. Without that file, it fails where the case needs one.
    pub(crate) fn check_request(&self, case: &str, sent: &TransportRequest, model: &ModelId, needed: bool) {
        let name = format!("{case}.request.json");
        let path = self.dir.join(&name);
        let got = shown(sent);
        if std::env::var_os(BLESS).is_some() && (needed || path.exists()) {
            self.bless(&name, &got, model);
            return;
        }
        let Some(text) = self.read(&name) else {
            assert!(
                !needed,
                "no fixture {}; the request sent was:\n{:#}",
                path.display(),
                Value::Object(got)
            );
            return;
        };
        let expected: Value =
            serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let Value::Object(mut expected) = expected else {
            panic!("{}: not an object", path.display());
        };
        name_model(&mut expected, model);
        if let Some(Value::Object(headers)) = expected.remove("headers") {
            for (name, value) in headers {
                let sent = sent.headers.get(&name).and_then(|value| value.to_str().ok());
                assert_eq!(sent, value.as_str(), "{case}: header {name}");
            }
        }
        expected
            .entry("method")
            .or_insert_with(|| json!(if got.contains_key("body") { "POST" } else { "GET" }));
        for name in ["method", "path", "body"] {
            let (want, have) = (expected.get(name), got.get(name));
            assert!(
                want == have,
                "{case}: the request's {name} differs from {}\nexpected: {:#}\nsent:     {:#}",
                path.display(),
                want.unwrap_or(&Value::Null),
                have.unwrap_or(&Value::Null),
            );
        }
    }
}

/// The names of the files in a folder, sorted.
fn files(dir: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.path().is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

/// The answer to a case that a folder has.
fn response_in(dir: &Path, case: &str) -> Option<Answered> {
    let read = |extension: &str| std::fs::read(dir.join(format!("{case}.response.{extension}"))).ok();
    if let Some(message) = read("http") {
        return Some(http_message(case, &message));
    }
    if let Some(lines) = read("events") {
        return Some(Answered::new(200, BINARY, binary_body(case, &lines)));
    }
    [
        ("json", "application/json"),
        ("sse", "text/event-stream; charset=utf-8"),
        ("jsonl", "application/x-ndjson"),
    ]
    .into_iter()
    .find_map(|(extension, content_type)| Some(Answered::new(200, content_type, read(extension)?)))
}

/// Puts the vendor's model where a fixture of the family leaves its place open.
fn name_model(request: &mut Map<String, Value>, model: &ModelId) {
    let named = match request.get_mut("body") {
        Some(Value::Array(form)) => form.first_mut().and_then(|field| field.get_mut("text")),
        Some(body) => body.get_mut("model"),
        None => None,
    };
    if let Some(name) = named.filter(|name| **name == *MODEL) {
        *name = Value::from(model.as_str());
    }
}

/// A request as its fixture shows it.
fn shown(request: &TransportRequest) -> Map<String, Value> {
    let mut shown = Map::new();
    shown.insert("method".to_owned(), request.method.as_str().into());
    let path = request.url.strip_prefix(ADDRESS).unwrap_or(&request.url);
    shown.insert("path".to_owned(), path.into());
    if !request.body.is_empty() {
        let body = serde_json::from_slice(&request.body)
            .ok()
            .or_else(|| form(request))
            .unwrap_or_else(|| Value::from(String::from_utf8_lossy(&request.body)));
        shown.insert("body".to_owned(), body);
    }
    shown
}

/// The fields of a form: texts as they are, of files the name, the type and how many bytes.
fn form(request: &TransportRequest) -> Option<Value> {
    let mut message = HttpRequest::new(request.method.clone(), "/");
    message.headers = request.headers.clone();
    message.body = request.body.clone();
    let form = Form::read(&message).ok()?;
    let field = |field: &Field| match &field.file {
        None => json!({"name": field.name, "text": String::from_utf8_lossy(&field.data)}),
        Some(file) => json!({
            "name": field.name, "filename": file.name, "content_type": file.media_type, "bytes": field.data.len(),
        }),
    };
    Some(form.fields().iter().map(field).collect())
}

/// The content type of AWS's binary frames.
const BINARY: &str = "application/vnd.amazon.eventstream";

/// Lines of a fixture as binary frames: the name of an event, or of an exception with `!` in front, and its JSON. With `*` in
/// front of the name, the JSON goes out in base64, as the field `bytes` of another.
fn binary_body(case: &str, lines: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(lines).unwrap_or_else(|error| panic!("{case}.response.events: {error}"));
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let frame = |line: &str| {
        let (name, json) = line
            .split_once(' ')
            .unwrap_or_else(|| panic!("{case}.response.events: no JSON behind {line}"));
        let json = json.trim().to_owned();
        if let Some(name) = name.strip_prefix('*') {
            let bytes = base64::engine::general_purpose::STANDARD.encode(json);
            return binary_frame(&Message::event(name, format!("{{\"bytes\":\"{bytes}\"}}")));
        }
        binary_frame(&match name.strip_prefix('!') {
            Some(name) => Message::exception(name, json),
            None => Message::event(name, json),
        })
    };
    lines.flat_map(frame).collect()
}

fn binary_frame(message: &Message) -> Vec<u8> {
    let mut frame = bytes::BytesMut::new();
    message.write(&mut frame).expect("a fixture fits into a frame");
    frame.to_vec()
}

/// Each frame begins with its length.
fn binary_frames(mut body: Bytes) -> Vec<Bytes> {
    let mut frames = Vec::new();
    while let Some(length) = body.first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        frames.push(body.split_to(length.min(body.len())));
    }
    frames
}

/// A status line, headers, a blank line, a body.
fn http_message(case: &str, message: &[u8]) -> Answered {
    let text = String::from_utf8_lossy(message);
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let mut lines = head.lines();
    let status = lines
        .next()
        .and_then(|line| line.split_whitespace().find_map(|word| word.parse().ok()))
        .unwrap_or_else(|| panic!("{case}.response.http: the first line has no status"));
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    Answered {
        status,
        headers,
        body: Bytes::from(body.trim_end_matches('\n').to_owned()),
    }
}
