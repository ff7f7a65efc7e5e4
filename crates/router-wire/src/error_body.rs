//! The error in a body, whatever the vendor's shape: message, words, details.

use std::time::Duration;

use router_core::Text;
use serde_json::Value;

use crate::retry_after::parse_go_duration;

/// What an error body says.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ErrorBody {
    /// The message for people.
    pub message: Option<Text>,
    /// Machine-readable words, the most specific first.
    pub codes: Vec<Text>,
    /// An HTTP status inside the body, where the transport's status says success.
    pub status: Option<u16>,
    /// The wait in a Google `RetryInfo`, or until a model is loaded (Hugging Face's `estimated_time`).
    pub retry_delay: Option<Duration>,
    /// Whether a quota of a day is used up, by Google's `QuotaFailure`.
    pub daily_quota: bool,
    /// The vendor's id of the request, where the body holds it.
    pub request_id: Option<Text>,
}

impl ErrorBody {
    /// Reads a body. What is no JSON gives its text as the message, HTML none.
    ///
    /// Known shapes: `{"error": {…}}` (OpenAI, Anthropic, Google, llama.cpp), the same in a list of one (Google),
    /// `{"error": "text"}` (Ollama, xAI), `{"errors": [{…}]}` and `{"error": [{…}]}` (Cloudflare, watsonx), `{"message", "code",
    /// "type"}` (Cohere, Mistral, AWS), `{"detail": "…"}` (FastAPI), `{"name", "errors": ["…"]}` (Stability), and a bare
    /// JSON string (SiliconFlow).
    #[must_use]
    pub fn read(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let text = text.trim_start_matches('\u{feff}').trim();
        match serde_json::from_str::<Value>(text) {
            Ok(value) => Self::of(&value),
            Err(_) if text.starts_with('<') || text.is_empty() => Self::default(),
            Err(_) => Self {
                message: Some(Text::from(cut(text))),
                ..Self::default()
            },
        }
    }

    /// Reads a JSON body.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        let value = match value {
            Value::Array(items) => items.first().unwrap_or(&Value::Null),
            other => other,
        };
        let mut found = Self::default();
        let mut codes = Codes::default();
        match (value, &value["error"]) {
            (Value::String(message), _) => found.message = text(message),
            (_, error @ Value::Object(_)) => {
                found.read_object(error, &mut codes);
                // Azure puts it beside the error at times.
                codes.add_inner(value);
            }
            (_, Value::String(message)) => {
                found.message = text(message);
                codes.add(&value["code"]);
                codes.add(&value["error_type"]);
            }
            _ => match first_object(&value["errors"]).or_else(|| first_object(&value["error"])) {
                Some(error) => {
                    found.read_object(error, &mut codes);
                    found.status = found.status.or_else(|| status_of(&value["status_code"]));
                }
                None => {
                    found.message = [
                        "message",
                        "Message",
                        "detail",
                        "title",
                        "error_message",
                        "errorMessage",
                    ]
                    .iter()
                    .find_map(|name| message_of(&value[name]))
                    .or_else(|| joined(&value["errors"]));
                    let names = [
                        "error_type",
                        "error_code",
                        "errorCode",
                        "code",
                        "type",
                        "__type",
                        "name",
                    ];
                    for name in names {
                        codes.add(&value[name]);
                    }
                    found.status = ["code", "status", "statusCode"]
                        .iter()
                        .find_map(|name| status_of(&value[name]));
                }
            },
        }
        if let Some(seconds) = value["estimated_time"].as_f64() {
            found.retry_delay = Duration::try_from_secs_f64(seconds).ok();
        }
        found.request_id = ["request_id", "requestId", "trace"]
            .iter()
            .find_map(|name| message_of(&value[name]));
        found.codes = codes.words(found.status);
        found
    }

    /// The most specific machine-readable word.
    #[must_use]
    pub fn code(&self) -> Option<&Text> {
        self.codes.first()
    }

    fn read_object(&mut self, error: &Value, codes: &mut Codes) {
        for detail in error["details"].as_array().into_iter().flatten() {
            codes.add(&detail["reason"]);
            if let Some(delay) = detail["retryDelay"].as_str() {
                self.retry_delay = parse_go_duration(delay);
            }
            for violation in detail["violations"].as_array().into_iter().flatten() {
                let quota = violation["quotaId"].as_str().unwrap_or_default();
                self.daily_quota |= quota.to_ascii_lowercase().contains("perday");
            }
        }
        codes.add_inner(error);
        codes.add(&error["metadata"]["error_type"]);
        for name in ["code", "type", "status"] {
            codes.add(&error[name]);
        }
        self.message = message_of(&error["message"]);
        self.status = status_of(&error["code"]).or_else(|| status_of(&error["status_code"]));
        self.read_upstream(&error["metadata"]["raw"], codes);
    }

    /// What the vendor behind a router said, which passes it on as it came: a body, or a string of one (OpenRouter).
    fn read_upstream(&mut self, raw: &Value, codes: &mut Codes) {
        let upstream = match raw {
            Value::String(body) => Self::read(body.as_bytes()),
            Value::Object(_) => Self::of(raw),
            _ => return,
        };
        codes.0.extend(upstream.codes.iter().map(Text::to_string));
        self.retry_delay = self.retry_delay.or(upstream.retry_delay);
        self.message = match (self.message.take(), upstream.message) {
            (Some(said), Some(cause)) if !said.contains(cause.as_str()) => {
                Some(Text::from(format!("{said}: {cause}")))
            }
            (said, cause) => said.or(cause),
        };
    }
}

/// The first element of a list of errors.
fn first_object(value: &Value) -> Option<&Value> {
    value.as_array()?.first().filter(|first| first.is_object())
}

#[derive(Default)]
struct Codes(Vec<String>);

impl Codes {
    fn add(&mut self, value: &Value) {
        match value {
            Value::String(word) => self.0.push(word.clone()),
            Value::Number(number) => self.0.push(number.to_string()),
            _ => {}
        }
    }

    /// Azure's word for the case, which it spells in two ways.
    fn add_inner(&mut self, error: &Value) {
        for name in ["innererror", "inner_error"] {
            self.add(&error[name]["code"]);
        }
    }

    /// The words once each, without those that only repeat an HTTP status.
    fn words(self, status: Option<u16>) -> Vec<Text> {
        let mut words: Vec<Text> = Vec::new();
        for word in self.0 {
            // AWS writes `com.amazon.coral#ThrottlingException`.
            let word = word.rsplit('#').next().unwrap_or_default();
            let digits = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
            let repeats = digits && (word.len() == 3 || word.parse().ok() == status);
            if word.is_empty() || word == "error" || repeats || words.iter().any(|known| *known == *word) {
                continue;
            }
            words.push(Text::from(word));
        }
        // A word says more than a number (Mistral sends both); the sort keeps the order among each.
        words.sort_by_key(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
        words
    }
}

fn message_of(value: &Value) -> Option<Text> {
    match value {
        Value::String(message) => text(message),
        // FastAPI lists what it did not like.
        Value::Array(_) | Value::Object(_) => Some(Text::from(cut(&value.to_string()))),
        _ => None,
    }
}

/// Several messages as one (Stability).
fn joined(value: &Value) -> Option<Text> {
    let words: Vec<&str> = value.as_array()?.iter().filter_map(Value::as_str).collect();
    text(&words.join(" "))
}

fn text(message: &str) -> Option<Text> {
    (!message.trim().is_empty()).then(|| Text::from(message))
}

fn status_of(value: &Value) -> Option<u16> {
    let number = value
        .as_u64()
        .or_else(|| value.as_str().and_then(|word| word.parse().ok()))?;
    u16::try_from(number)
        .ok()
        .filter(|status| (100..600).contains(status))
}

/// A bounded piece of a body that is no JSON.
fn cut(text: &str) -> &str {
    match text.char_indices().nth(2000) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}
