//! Pieces of a message: content, citations, images, audio, log probabilities.

use router_core::chat::{Logprobs, TokenLogprob};
use router_core::content::{Citation, MediaKind, Opaque};
use router_core::tool::ServerToolCall;
use router_core::{Error, ErrorKind, Extra, Json, Media, Text, Usage};
use router_wire::fill;
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
                let texts = part.summary.into_iter();
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
    let told = Object::lenient(Some(raw));
    let error = told
        .peek("error")
        .filter(|error| !matches!(error.get(), "\"\"" | "{}"));
    (told.peek("usage").and_then(wire::Usage::read), error)
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
    Object::lenient(Some(raw)).word("type")
}

pub(super) fn google_signature(raw: &RawValue) -> Option<Text> {
    Object::lenient(Some(raw))
        .inner("google")
        .word("thought_signature")
}

pub(super) fn failed_base_resp(raw: &RawValue) -> bool {
    status_code(&Object::lenient(Some(raw))) != 0
}

fn status_code(fields: &Object<'_>) -> i64 {
    fields.number("status_code").int().unwrap_or(0)
}

/// MiniMax answers errors with HTTP 200 and a `base_resp`.
pub(super) fn base_resp_error(raw: &RawValue) -> Error {
    let fields = Object::lenient(Some(raw));
    let code = status_code(&fields);
    let kind = match code {
        1002 | 1039 | 1041 => ErrorKind::RateLimited,
        1004 | 2049 => ErrorKind::Authentication,
        1008 | 2056 => ErrorKind::QuotaExceeded,
        1026 | 1027 => ErrorKind::ContentFiltered,
        2013 => ErrorKind::InvalidRequest,
        _ => ErrorKind::Server,
    };
    let message = fields.word("status_msg");
    let message =
        message.unwrap_or_else(|| Text::from_static("the vendor reported an error without a message"));
    Error::new(kind, message).with_code(code.to_string())
}

pub(super) fn annotation(raw: &RawValue, speaker: &Speaker) -> Option<Citation> {
    let annotation = Object::lenient(Some(raw));
    let source = Object::lenient(Some(annotation.peek("url_citation")?));
    let mut citation = Citation::default();
    citation.url = source.word("url");
    citation.title = source.word("title");
    citation.cited_text = source.word("content");
    let range = [source.number("start_index"), source.number("end_index")];
    citation.range = range[0].count().zip(range[1].count());
    citation.raw = Some(Opaque::new(speaker.provider(), Json::from_raw(raw)));
    Some(citation)
}

/// What Zhipu's search found: `{link, title, content}`.
pub(super) fn web_source(raw: &RawValue, speaker: &Speaker) -> Option<Citation> {
    let fields = Object::lenient(Some(raw));
    let mut citation = Citation::default();
    citation.url = fields.word("link").or_else(|| fields.word("url"));
    citation.title = fields.word("title");
    citation.cited_text = fields.word("content");
    citation.raw = Some(Opaque::new(speaker.provider(), Json::from_raw(raw)));
    (citation.url.is_some() || citation.title.is_some()).then_some(citation)
}

pub(super) fn executed_tool(
    place: usize,
    raw: &RawValue,
    speaker: &Speaker,
) -> Option<(u64, ServerToolCall)> {
    let tool = Object::lenient(Some(raw));
    let name = tool.word("name").or_else(|| tool.word("type"))?;
    let mut call = ServerToolCall::new(speaker.provider(), name, Json::from_raw(raw));
    call.arguments = tool.word("arguments");
    Some((tool.number("index").count().unwrap_or(place as u64), call))
}

/// Images in answers: `{"image_url": {"url": "data:…"}}`.
pub(super) fn image(raw: &RawValue) -> Option<Media> {
    let url = Object::lenient(Some(raw)).inner("image_url").word("url")?;
    Some(Media::from_data_url(MediaKind::Image, &url).unwrap_or_else(|| Media::image_url(url)))
}

/// Spoken answers: `{"id", "data", "transcript"}`.
pub(super) fn audio(raw: &RawValue) -> Option<Media> {
    let fields = Object::lenient(Some(raw));
    let mut media = Media::base64(MediaKind::Audio, "audio/wav", fields.word("data")?);
    media.media_type = None;
    let keep = |name: &'static str| Some((Text::from_static(name), Json::string(&fields.word(name)?)));
    media.riders.set_extra(Extra::of(
        Text::from_static(WIRE),
        keep("id").into_iter().chain(keep("transcript")).collect(),
    ));
    Some(media)
}

pub(super) fn logprobs(raw: &RawValue) -> Option<Logprobs> {
    let mut wire = wire::Logprobs::default();
    fill::from_str(raw.get(), &mut wire).ok()?;
    let mut logprobs = Logprobs::default();
    logprobs.content = if wire.content.is_empty() {
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
