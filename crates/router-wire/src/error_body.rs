//! The error in a body, whatever the vendor's shape: message, words, details.

use std::time::Duration;

use router_core::Text;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::object::{Object, is_string, list_of};
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
        Self::behind(body, 0)
    }

    /// Reads a JSON body.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        Self::read(value.to_string().as_bytes())
    }

    /// The most specific machine-readable word.
    #[must_use]
    pub fn code(&self) -> Option<&Text> {
        self.codes.first()
    }

    /// Reads a body that came through so many routers.
    fn behind(body: &[u8], routers: usize) -> Self {
        let text = String::from_utf8_lossy(body);
        let text = text.trim_start_matches('\u{feff}').trim();
        match serde_json::from_str::<&RawValue>(text) {
            Ok(raw) => Self::in_json(raw, routers),
            Err(_) if text.starts_with('<') || text.is_empty() => Self::default(),
            Err(_) => Self {
                message: Some(Text::from(cut(text))),
                ..Self::default()
            },
        }
    }

    fn in_json(raw: &RawValue, routers: usize) -> Self {
        let mut found = Self::default();
        let mut codes = Codes::default();
        let listed = list_of(raw).unwrap_or_default();
        let raw = listed.first().copied().unwrap_or(raw);
        let body = Object::lenient(Some(raw));
        let error = body.peek("error");
        if is_string(raw) {
            found.message = message_of(Some(raw));
        } else if let Some(error) = object(error) {
            found.read_object(&error, routers, &mut codes);
            // Azure puts it beside the error at times.
            codes.add_inner(&body);
        } else if error.is_some_and(is_string) {
            found.message = message_of(error);
            codes.add(&body, "code");
            codes.add(&body, "error_type");
        } else if let Some(error) = ["errors", "error"]
            .iter()
            .find_map(|name| object(body.elements(name).first().copied()))
        {
            found.read_object(&error, routers, &mut codes);
            found.status = found.status.or_else(|| status_of(&body, "status_code"));
        } else {
            found.message = [
                "message",
                "Message",
                "detail",
                "title",
                "error_message",
                "errorMessage",
            ]
            .iter()
            .find_map(|name| message_of(body.peek(name)))
            .or_else(|| joined(&body.elements("errors")));
            for name in [
                "error_type",
                "error_code",
                "errorCode",
                "code",
                "type",
                "__type",
                "name",
            ] {
                codes.add(&body, name);
            }
            found.status = ["code", "status", "statusCode"]
                .iter()
                .find_map(|name| status_of(&body, name));
        }
        if let Some(seconds) = body.number("estimated_time").0 {
            found.retry_delay = Duration::try_from_secs_f64(seconds).ok();
        }
        found.request_id = ["request_id", "requestId", "trace"]
            .iter()
            .find_map(|name| message_of(body.peek(name)));
        found.codes = codes.words(found.status);
        found
    }

    fn read_object(&mut self, error: &Object<'_>, routers: usize, codes: &mut Codes) {
        for detail in error.elements("details") {
            let detail = Object::lenient(Some(detail));
            codes.add(&detail, "reason");
            if let Some(delay) = detail.word("retryDelay") {
                self.retry_delay = parse_go_duration(&delay);
            }
            for violation in detail.elements("violations") {
                let quota = Object::lenient(Some(violation))
                    .word("quotaId")
                    .unwrap_or_default();
                self.daily_quota |= quota.to_ascii_lowercase().contains("perday");
            }
        }
        codes.add_inner(error);
        let metadata = error.inner("metadata");
        codes.add(&metadata, "error_type");
        for name in ["code", "type", "status"] {
            codes.add(error, name);
        }
        self.message = message_of(error.peek("message"));
        self.status = status_of(error, "code").or_else(|| status_of(error, "status_code"));
        if let Some(raw) = metadata.peek("raw").filter(|_| routers < MOST_ROUTERS) {
            self.read_upstream(raw, routers + 1, codes);
        }
    }

    /// What the vendor behind a router said, which passes it on as it came: a body, or a string of one (OpenRouter).
    fn read_upstream(&mut self, raw: &RawValue, routers: usize, codes: &mut Codes) {
        let upstream = match serde_json::from_str::<String>(raw.get()) {
            Ok(body) => Self::behind(body.as_bytes(), routers),
            Err(_) if object(Some(raw)).is_some() => Self::in_json(raw, routers),
            Err(_) => return,
        };
        codes.0.extend(upstream.codes);
        self.retry_delay = self.retry_delay.or(upstream.retry_delay);
        self.message = match (self.message.take(), upstream.message) {
            (Some(said), Some(cause)) if !said.contains(cause.as_str()) => {
                Some(Text::from(format!("{said}: {cause}")))
            }
            (said, cause) => said.or(cause),
        };
    }
}

/// How many routers an error is followed through.
const MOST_ROUTERS: usize = 8;

fn object(raw: Option<&RawValue>) -> Option<Object<'_>> {
    serde_json::from_str(raw?.get()).ok()
}

#[derive(Default)]
struct Codes(Vec<Text>);

impl Codes {
    /// A word, or a number.
    fn add(&mut self, object: &Object<'_>, name: &str) {
        self.0.extend(object.word(name));
    }

    /// Azure's word for the case, which it spells in two ways.
    fn add_inner(&mut self, error: &Object<'_>) {
        for name in ["innererror", "inner_error"] {
            self.add(&error.inner(name), "code");
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
        // A word says more than a number (Mistral sends both).
        let is_number = |word: &Text| word.bytes().all(|byte| byte.is_ascii_digit());
        let (numbers, mut words): (Vec<Text>, Vec<Text>) = words.into_iter().partition(is_number);
        words.extend(numbers);
        words
    }
}

fn message_of(raw: Option<&RawValue>) -> Option<Text> {
    let raw = raw?;
    match raw.get().as_bytes().first()? {
        b'"' => text(&serde_json::from_str::<String>(raw.get()).ok()?),
        // FastAPI lists what it did not like.
        b'[' | b'{' => Some(Text::from(cut(&compact(raw.get())))),
        _ => None,
    }
}

/// JSON without the space between its words.
fn compact(json: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    let is_kept = |character: &char| {
        let kept = quoted || !character.is_ascii_whitespace();
        quoted ^= *character == '"' && !escaped;
        escaped = *character == '\\' && !escaped;
        kept
    };
    json.chars().filter(is_kept).collect()
}

/// Several messages as one (Stability).
fn joined(values: &[&RawValue]) -> Option<Text> {
    let words = values
        .iter()
        .filter_map(|raw| serde_json::from_str::<String>(raw.get()).ok());
    text(&words.collect::<Vec<_>>().join(" "))
}

fn text(message: &str) -> Option<Text> {
    (!message.trim().is_empty()).then(|| Text::from(message))
}

fn status_of(object: &Object<'_>, name: &str) -> Option<u16> {
    let number = object.number(name).count()?;
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
