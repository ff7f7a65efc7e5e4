//! Pieces of a message: content, citations, images, audio, log probabilities.

use router_core::chat::{Logprobs, TokenLogprob};
use router_core::content::{Citation, MediaKind, Opaque};
use router_core::tool::ServerToolCall;
use router_core::{Error, ErrorKind, Extra, Json, Media, Text, Usage};
use router_wire::lenient::{List, Num, Str};
use router_wire::object::Object;
use router_wire::provenance::Speaker;
use serde_json::value::RawValue;

use crate::chat::WIRE;
use crate::chat::wire::{self, Content, Content2};
use crate::logprobs::read;

/// What a content value holds.
#[derive(Default)]
pub(super) struct Said<'a> {
    pub(super) text: Option<Text>,
    pub(super) thoughts: Vec<Text>,
    /// Over the thoughts.
    pub(super) signature: Option<Text>,
    /// Sources that stand between the texts (Mistral).
    pub(super) sources: Vec<&'a RawValue>,
}

/// Texts, thoughts and sources of a content value.
pub(super) fn content<'a>(content: Content<'a>, data: &Text) -> Said<'a> {
    let mut said = Said::default();
    let parts = match content {
        Content::None => return said,
        Content::Text(text) => {
            said.text = Some(data.slice_cow(text)).filter(|text| !text.is_empty());
            return said;
        }
        Content::Parts(parts) => parts,
    };
    let mut all = String::new();
    for part in parts {
        if let Some(text) = part.bare {
            all.push_str(&text);
            continue;
        }
        said.sources.extend(part.source);
        match part.kind.filled().unwrap_or_default() {
            // DashScope's parts have no type.
            "text" | "output_text" | "" => all.push_str(part.text.filled().unwrap_or_default()),
            "thinking" => {
                said.signature = part.signature.to_text().or(said.signature);
                match part.thinking {
                    Content2::None => {}
                    Content2::Text(text) => said.thoughts.push(Text::from(text)),
                    Content2::Parts(pieces) => {
                        let texts = pieces.into_iter().filter_map(|piece| piece.text.to_text());
                        said.thoughts.extend(texts);
                    }
                }
            }
            "reasoning" => {
                let texts = part.summary.0.into_iter();
                said.thoughts
                    .extend(texts.filter_map(|piece| piece.text.to_text()));
            }
            _ => {}
        }
    }
    said.text = Some(Text::from(all)).filter(|text| !text.is_empty());
    said
}

/// A source among the parts of a content: what a tool of the vendor found, or numbers of documents.
pub(super) fn reference(raw: &RawValue, speaker: &Speaker) -> Citation {
    let mut citation = web_source(raw, speaker).unwrap_or_default();
    citation.raw = Some(Opaque::new(speaker.provider(), Json::from_raw(raw)));
    citation
}

/// Arguments: a string of JSON, or the JSON itself.
pub(super) fn arguments(raw: &RawValue, data: &Text) -> Option<Text> {
    if raw.get().starts_with('"') {
        serde_json::from_str::<Str<'_>>(raw.get())
            .ok()?
            .0
            .filter(|text| !text.is_empty())
            .map(|text| match text {
                // The raw value points into the frame, and so does a string without escapes.
                std::borrow::Cow::Borrowed(part) => data.slice_ref(part),
                std::borrow::Cow::Owned(text) => Text::from(text),
            })
    } else {
        Some(Text::from(raw.get()))
    }
}

/// What Groq tells beside an answer: counts, and why it stopped before its end.
pub(super) fn groq(raw: &RawValue) -> (Option<Usage>, Option<&RawValue>) {
    #[derive(Default, serde::Deserialize)]
    #[serde(default)]
    struct XGroq<'a> {
        #[serde(borrow)]
        usage: Option<&'a RawValue>,
        #[serde(borrow)]
        error: Option<&'a RawValue>,
    }
    let told: XGroq<'_> = serde_json::from_str(raw.get()).unwrap_or_default();
    let error = told
        .error
        .filter(|error| !matches!(error.get(), "null" | "\"\"" | "{}"));
    (told.usage.and_then(wire::Usage::read), error)
}

/// Whether Baidu has withheld an answer: a flag that is not zero, or the wish that the conversation be forgotten.
pub(super) fn withheld(name: &str, raw: &RawValue) -> bool {
    match name {
        "flag" => raw.get().parse::<i64>().is_ok_and(|flag| flag != 0),
        _ => raw.get() == "true",
    }
}

/// Where old vision models put the reason.
pub(super) fn finish_details(raw: &RawValue) -> Option<Text> {
    let value: serde_json::Value = serde_json::from_str(raw.get()).ok()?;
    value["type"]
        .as_str()
        .filter(|word| !word.is_empty())
        .map(Text::from)
}

pub(super) fn google_signature(raw: &RawValue) -> Option<Text> {
    let value: serde_json::Value = serde_json::from_str(raw.get()).ok()?;
    value["google"]["thought_signature"]
        .as_str()
        .filter(|word| !word.is_empty())
        .map(Text::from)
}

pub(super) fn failed_base_resp(raw: &RawValue) -> bool {
    serde_json::from_str::<serde_json::Value>(raw.get())
        .is_ok_and(|value| value["status_code"].as_i64().unwrap_or(0) != 0)
}

/// MiniMax answers errors with HTTP 200 and a `base_resp`.
pub(super) fn base_resp_error(raw: &RawValue) -> Error {
    let value: serde_json::Value = serde_json::from_str(raw.get()).unwrap_or_default();
    let code = value["status_code"].as_i64().unwrap_or(0);
    let kind = match code {
        1002 | 1039 | 1041 => ErrorKind::RateLimited,
        1004 | 2049 => ErrorKind::Authentication,
        1008 | 2056 => ErrorKind::QuotaExceeded,
        1026 | 1027 => ErrorKind::ContentFiltered,
        2013 => ErrorKind::InvalidRequest,
        _ => ErrorKind::Server,
    };
    let message = value["status_msg"]
        .as_str()
        .unwrap_or("the vendor reported an error without a message");
    Error::new(kind, message).with_code(code.to_string())
}

pub(super) fn annotation(raw: &RawValue, speaker: &Speaker) -> Option<Citation> {
    let annotation: wire::Annotation<'_> = serde_json::from_str(raw.get()).ok()?;
    let source = annotation.url_citation?;
    let mut citation = Citation::default();
    citation.url = source.url.to_text();
    citation.title = source.title.to_text();
    citation.cited_text = source.content.to_text();
    citation.range = source.start_index.count().zip(source.end_index.count());
    citation.raw = Some(Opaque::new(speaker.provider(), Json::from_raw(raw)));
    Some(citation)
}

/// What Zhipu's search found: `{link, title, content}`.
pub(super) fn web_source(raw: &RawValue, speaker: &Speaker) -> Option<Citation> {
    let mut fields = Object::of(raw, "").ok()?;
    let mut word = |name: &str| {
        let raw = fields.take(name)?;
        serde_json::from_str::<Str<'_>>(raw.get()).ok()?.to_text()
    };
    let mut citation = Citation::default();
    citation.url = word("link").or_else(|| word("url"));
    citation.title = word("title");
    citation.cited_text = word("content");
    citation.raw = Some(Opaque::new(speaker.provider(), Json::from_raw(raw)));
    (citation.url.is_some() || citation.title.is_some()).then_some(citation)
}

pub(super) fn executed_tool(
    place: usize,
    raw: &RawValue,
    speaker: &Speaker,
) -> Option<(u64, ServerToolCall)> {
    let tool: wire::ExecutedTool<'_> = serde_json::from_str(raw.get()).ok()?;
    let name = tool.name.to_text().or_else(|| tool.kind.to_text())?;
    let mut call = ServerToolCall::new(speaker.provider(), name, Json::from_raw(raw));
    call.arguments = tool.arguments.to_text();
    Some((tool.index.count().unwrap_or(place as u64), call))
}

/// Images in answers: `{"image_url": {"url": "data:…"}}`.
pub(super) fn image(raw: &RawValue) -> Option<Media> {
    let value: serde_json::Value = serde_json::from_str(raw.get()).ok()?;
    let url = Text::from(value["image_url"]["url"].as_str()?);
    Some(Media::from_data_url(MediaKind::Image, &url).unwrap_or_else(|| Media::image_url(url)))
}

/// Spoken answers: `{"id", "data", "transcript"}`.
pub(super) fn audio(raw: &RawValue) -> Option<Media> {
    let value: serde_json::Value = serde_json::from_str(raw.get()).ok()?;
    let data = value["data"].as_str().filter(|data| !data.is_empty())?;
    let mut media = Media::base64(MediaKind::Audio, "audio/wav", data);
    media.media_type = None;
    let keep = |name: &'static str| {
        let value = value
            .get(name)
            .filter(|value| value.as_str().is_some_and(|text| !text.is_empty()))?;
        Some((Text::from_static(name), Json::from(value)))
    };
    media.riders.set_extra(Extra::of(
        Text::from_static(WIRE),
        keep("id").into_iter().chain(keep("transcript")).collect(),
    ));
    Some(media)
}

pub(super) fn logprobs(raw: &RawValue) -> Option<Logprobs> {
    let wire: wire::Logprobs<'_> = serde_json::from_str(raw.get()).ok()?;
    let mut logprobs = Logprobs::default();
    logprobs.content = if wire.content.0.is_empty() {
        listed(wire.tokens, wire.token_logprobs, wire.top_logprobs)
    } else {
        read(wire.content)
    };
    logprobs.refusal = read(wire.refusal);
    logprobs.reasoning = read(wire.reasoning_content);
    (!logprobs.is_empty()).then_some(logprobs)
}

/// Tokens of which each thing is told in a list of its own.
fn listed(tokens: List<Str<'_>>, logprobs: List<Num>, top: List<&RawValue>) -> Vec<TokenLogprob> {
    let mut logprobs = logprobs.0.into_iter();
    let mut top = top.0.into_iter();
    let token = |token: Str<'_>| {
        let logprob = logprobs.next().and_then(|number| number.0);
        let mut token = TokenLogprob::new(token.0.unwrap_or_default(), logprob.unwrap_or(f64::NAN));
        let likeliest = top.next().and_then(|raw| Object::of(raw, "").ok());
        for (word, raw) in likeliest.into_iter().flat_map(Object::into_fields) {
            let logprob = serde_json::from_str::<Num>(raw.get()).unwrap_or_default();
            token
                .top
                .push(TokenLogprob::new(word, logprob.0.unwrap_or(f64::NAN)));
        }
        token
    };
    tokens.0.into_iter().map(token).collect()
}
