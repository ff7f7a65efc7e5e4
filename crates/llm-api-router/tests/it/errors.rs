//! What vendors answer when they refuse, read from a table by every vendor's own client over a socket.
//!
//! The table is `errors.jsonl`; a vendor's error that is not read right becomes a line there.
//!
//! A line has the vendor, what is called (`chat` unless it says so), status, headers and body of the answer, and what is to be
//! made of it: the kind of error, whether trying again may help, the wait in seconds, the vendor's word, a piece of the message.
//! Times are written from now on: `$date+30`, `$rfc3339+30`, `$millis+30`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use llm_api_router::image::ImageRequest;
use llm_api_router::rerank::RerankRequest;
use llm_api_router::wire::framing::event_stream::Message;
use llm_api_router::{
    EmbeddingRequest, Error, ProviderExt as _, ProviderSettings, Registry, Result as RouterResult,
};
use serde_json::Value;

use crate::loopback::{Then, Vendor};

const TABLE: &str = include_str!("errors.jsonl");

/// A line of the table.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    vendor: String,
    #[serde(default)]
    call: Asked,
    model: Option<String>,
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Value,
    kind: String,
    retry: bool,
    after: Option<f64>,
    code: Option<String>,
    says: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Asked {
    #[default]
    Chat,
    Stream,
    Embed,
    Rerank,
    Image,
}

impl Row {
    /// The answer: a text as it is, a list of binary frames by name and JSON, or JSON.
    fn answer(&self) -> Vec<u8> {
        let body = match &self.body {
            Value::Null => Vec::new(),
            Value::String(text) => text.clone().into_bytes(),
            Value::Array(frames) if frames.iter().all(Value::is_string) => {
                let mut bytes = bytes::BytesMut::new();
                for frame in frames.iter().filter_map(Value::as_str) {
                    let (name, json) = frame.split_once(' ').expect("a name and JSON");
                    let message = match name.strip_prefix('!') {
                        Some(name) => Message::exception(name, json.to_owned()),
                        None => Message::event(name, json.to_owned()),
                    };
                    message.write(&mut bytes).expect("a frame");
                }
                bytes.to_vec()
            }
            json => json.to_string().into_bytes(),
        };
        let streamed = self.call == Asked::Stream && self.status == 200;
        let media_type = match (&self.body, self.vendor.as_str()) {
            (_, "ollama") if streamed => "application/x-ndjson",
            (_, "bedrock") if streamed => "application/vnd.amazon.eventstream",
            _ if streamed => "text/event-stream",
            _ => "application/json",
        };
        let mut head = format!("HTTP/1.1 {} X\r\nconnection: close\r\n", self.status);
        if !self.headers.contains_key("content-type") {
            head.push_str(&format!("content-type: {media_type}\r\n"));
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {}\r\n", time(value)));
        }
        head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
        [head.into_bytes(), body].concat()
    }

    /// The error that the vendor's client makes of it.
    async fn error(&self) -> RouterResult<Error> {
        let vendor = Vendor::start(vec![self.answer()], Then::Close).await;
        let mut settings = ProviderSettings::default()
            .with_api_key("sk-table-of-errors-0123456789")
            .with_base_url(vendor.url());
        if self.vendor == "watsonx" {
            settings = settings
                .with_option("credentials", "token")
                .with_option("project", "p");
        }
        let registry = Registry::builtin();
        let entry = registry
            .entries()
            .find(|entry| entry.vendor().id == self.vendor)
            .unwrap_or_else(|| panic!("there is no vendor {}", self.vendor));
        let model = self.model.as_deref().or(entry.vendor().default_model);
        let model = model.unwrap_or("m").to_owned();
        let provider = registry.build(&self.vendor, &settings)?;
        let answered = match self.call {
            Asked::Chat => provider.chat(model, "Hi").await.err(),
            Asked::Embed => provider.embed(model, EmbeddingRequest::new(["Hi"])).await.err(),
            Asked::Rerank => provider
                .rerank(model, RerankRequest::new("Hi", ["a", "b"]))
                .await
                .err(),
            Asked::Image => provider
                .generate_image(model, ImageRequest::new("Hi"))
                .await
                .err(),
            Asked::Stream => match provider.chat_stream(model, "Hi").await {
                Err(error) => Some(error),
                Ok(answer) => {
                    let mut stream = answer.into_value();
                    loop {
                        match stream.next().await {
                            Some(Ok(_)) => {}
                            Some(Err(error)) => break Some(error),
                            None => break None,
                        }
                    }
                }
            },
        };
        answered.ok_or_else(|| Error::new(llm_api_router::ErrorKind::Decode, "was taken for an answer"))
    }

    /// What is wrong with an error.
    fn faults(&self, error: &Error) -> Vec<String> {
        let mut faults = Vec::new();
        let mut expect = |what: &str, is: String, ought: String| {
            if is != ought {
                faults.push(format!("{what} is {is}, not {ought}"));
            }
        };
        expect("the kind", error.kind().as_str().to_owned(), self.kind.clone());
        expect(
            "trying again",
            error.is_retryable().to_string(),
            self.retry.to_string(),
        );
        let provider = error.provider().map(ToString::to_string).unwrap_or_default();
        expect("the provider", provider, self.vendor.clone());
        if self.status >= 400 {
            expect(
                "the status",
                format!("{:?}", error.status()),
                format!("{:?}", Some(self.status)),
            );
        }
        if let Some(code) = &self.code {
            expect(
                "the code",
                format!("{:?}", error.code()),
                format!("{:?}", Some(code)),
            );
        }
        // Times were written a moment ago, and dates have whole seconds.
        let moves = self.headers.values().any(|value| value.starts_with('$'));
        let wait = error.retry_after();
        let fits = match (wait, self.after) {
            (None, None) => true,
            (Some(wait), Some(after)) => {
                let (wait, slack) = (wait.as_secs_f64(), if moves { 3.0 } else { 0.001 });
                wait <= after + 0.001 && wait >= after - slack
            }
            // A wait that is not to be heeded does no harm.
            (Some(_), None) => !self.retry,
            (None, Some(_)) => false,
        };
        if !fits {
            faults.push(format!("the wait is {wait:?}, not {:?}", self.after));
        }
        let shown = error.to_string();
        if let Some(says) = self.says.as_deref().filter(|says| !shown.contains(*says)) {
            faults.push(format!("it does not say {says:?}"));
        }
        if shown.contains("<html") || shown.contains('\n') || error.message().is_empty() {
            faults.push("it is not one readable line".to_owned());
        }
        if !faults.is_empty() {
            faults.push(shown);
        }
        faults
    }
}

/// A time so many seconds from now, in one of three forms; any other value as it is.
fn time(value: &str) -> String {
    let Some((form, seconds)) = value.strip_prefix('$').and_then(|rest| rest.split_once('+')) else {
        return value.to_owned();
    };
    let seconds = seconds.parse().expect("seconds");
    let then = SystemTime::now() + Duration::from_secs(seconds);
    let date = httpdate::fmt_http_date(then);
    match form {
        "date" => date,
        "millis" => then
            .duration_since(UNIX_EPOCH)
            .expect("now is later")
            .as_millis()
            .to_string(),
        "rfc3339" => {
            // Sun, 06 Nov 1994 08:49:37 GMT
            let words: Vec<&str> = date.split_whitespace().collect();
            let month = "JanFebMarAprMayJunJulAugSepOctNovDec"
                .find(words[2])
                .expect("a month")
                / 3
                + 1;
            format!("{}-{month:02}-{}T{}Z", words[3], words[1], words[4])
        }
        other => panic!("there is no form {other}"),
    }
}

#[tokio::test]
async fn over_250_errors_of_over_40_vendors_are_read_right() {
    let rows: Vec<Row> = TABLE
        .lines()
        .enumerate()
        .map(|(at, line)| {
            serde_json::from_str(line)
                .unwrap_or_else(|error| panic!("errors.jsonl, line {}: {error}", at + 1))
        })
        .collect();
    let vendors: BTreeSet<&str> = rows.iter().map(|row| row.vendor.as_str()).collect();
    let summary = format!("{} errors of {} vendors", rows.len(), vendors.len());
    assert!(rows.len() > 250 && vendors.len() > 40, "{summary}");
    let mut wrong = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let faults = match row.error().await {
            Ok(error) => row.faults(&error),
            Err(error) => vec![error.to_string()],
        };
        if !faults.is_empty() {
            wrong.push(format!("line {}, {}: {}", at + 1, row.vendor, faults.join("; ")));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {summary} are read wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    println!("{summary} are read right");
}
