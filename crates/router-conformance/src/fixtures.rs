//! Fixtures of a vendor: what it answers to a case, and the request it must have got.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use router_http::TransportRequest;
use router_http::replay::ReplayTransport;
use serde_json::{Map, Value, json};

use crate::subject::ADDRESS;

/// Set to write request fixtures instead of comparing them; read what was written before it is committed.
const BLESS: &str = "ROUTER_CONFORMANCE_BLESS";

/// The folder of a vendor's fixtures.
#[derive(Clone, Debug)]
pub(crate) struct Fixtures(PathBuf);

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

    /// The frames of a streamed body, each with its end: blocks up to a blank line, or lines.
    pub(crate) fn frames(&self) -> Vec<Bytes> {
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

    pub(crate) fn is_sse(&self) -> bool {
        self.headers
            .iter()
            .any(|(name, value)| name == "content-type" && value.starts_with("text/event-stream"))
    }
}

impl Fixtures {
    pub(crate) fn at(dir: PathBuf) -> Self {
        Self(dir)
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.0
    }

    /// File names in the folder, sorted; folders below it belong to other suites.
    pub(crate) fn files(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(&self.0) else {
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

    /// What the vendor answers to a case.
    pub(crate) fn response(&self, case: &str) -> Option<Answered> {
        let read = |extension: &str| std::fs::read(self.0.join(format!("{case}.response.{extension}"))).ok();
        if let Some(message) = read("http") {
            return Some(http_message(case, &message));
        }
        [
            ("json", "application/json"),
            ("sse", "text/event-stream; charset=utf-8"),
            ("jsonl", "application/x-ndjson"),
        ]
        .into_iter()
        .find_map(|(extension, content_type)| Some(Answered::new(200, content_type, read(extension)?)))
    }

    /// What the vendor answers to the first of these cases that has an answer.
    pub(crate) fn response_of(&self, cases: &[&str]) -> Answered {
        cases
            .iter()
            .find_map(|case| self.response(case))
            .unwrap_or_else(|| {
                panic!(
                    "no fixture {}.response.{{json,sse,jsonl,http}} in {}",
                    cases[0],
                    self.0.display()
                )
            })
    }

    /// All streamed answers, with the names of their cases.
    pub(crate) fn streams(&self) -> Vec<(String, Answered)> {
        self.files()
            .iter()
            .filter_map(|name| name.split_once(".response.").map(|(case, _)| case))
            .filter(|case| case.starts_with("stream_"))
            .filter_map(|case| Some((case.to_owned(), self.response(case)?)))
            .collect()
    }

    /// Compares a request with `CASE.request.json`. Without that file, it fails where the case needs one.
    pub(crate) fn check_request(&self, case: &str, sent: &TransportRequest, needed: bool) {
        let path = self.0.join(format!("{case}.request.json"));
        let got = shown(sent);
        if std::env::var_os(BLESS).is_some() && (needed || path.exists()) {
            let text = serde_json::to_string_pretty(&got).expect("a value is JSON");
            std::fs::write(&path, text + "\n").expect("the fixture can be written");
            return;
        }
        let Ok(text) = std::fs::read(&path) else {
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

/// A request as its fixture shows it.
fn shown(request: &TransportRequest) -> Map<String, Value> {
    let mut shown = Map::new();
    shown.insert("method".to_owned(), request.method.as_str().into());
    let path = request.url.strip_prefix(ADDRESS).unwrap_or(&request.url);
    shown.insert("path".to_owned(), path.into());
    if !request.body.is_empty() {
        let body = serde_json::from_slice(&request.body)
            .unwrap_or_else(|_| Value::from(String::from_utf8_lossy(&request.body)));
        shown.insert("body".to_owned(), body);
    }
    shown
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
