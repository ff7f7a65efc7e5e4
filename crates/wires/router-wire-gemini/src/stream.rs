//! Pieces of an answer to events; a whole answer is one piece.

use router_core::chat::{FinishReason, Logprobs, TokenLogprob, Usage};
use router_core::content::{Citation, Media, MediaKind, MediaSource, Opaque, Riders};
use router_core::stream::{ChoiceFinish, PartKind, StreamFinish, StreamStart};
use router_core::tool::{ServerToolCall, ToolCallKind};
use router_core::{ChatResponse, Error, ErrorKind, Extra, Json, Result, Signature, StreamEvent, Text};
use router_wire::body::malformed;
use router_wire::error_body::ErrorBody;
use router_wire::lenient::{Num, Str};
use router_wire::object::{Object, list_of};
use router_wire::provenance::Speaker;
use router_wire::{Events, Frame, HttpResponse, StreamDecoder, classify};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::wire::{Answer, Candidate, FunctionCall, Part, PartialArg, UsageMetadata};
use crate::{WIRE, words};

/// The response in a whole reply.
///
/// # Errors
/// `Decode` when the body is no JSON, the vendor's error where it holds one, `ContentFiltered` for a blocked prompt.
pub fn decode(speaker: &Speaker, response: &HttpResponse) -> Result<ChatResponse> {
    let mut decoder = GenerateStreamDecoder::new(speaker.clone());
    decoder.whole = true;
    router_wire::body::read_whole(decoder, response)
}

/// Decodes the pieces of one answer.
#[derive(Debug)]
pub struct GenerateStreamDecoder {
    speaker: Speaker,
    whole: bool,
    started: bool,
    id: Option<Text>,
    model: Option<Text>,
    blocked: Option<(Text, Option<Text>)>,
    counts: UsageCounts,
    choices: Vec<Choice>,
}

#[derive(Debug, Default)]
struct UsageCounts {
    prompt: Option<u64>,
    candidates: Option<u64>,
    thoughts: Option<u64>,
    tool_use: Option<u64>,
    cached: Option<u64>,
    raw: Option<Json>,
}

#[derive(Debug)]
struct Choice {
    index: u32,
    raw: Option<Text>,
    calls: u32,
    /// Whether a text part is open, so that a signed one has to close it first.
    open: Option<PartKind>,
    call: Option<OpenCall>,
    /// Fields of the candidate that the types do not name; the last of each.
    extra: Extra,
    citations: Vec<Citation>,
}

/// A call whose arguments come in pieces.
#[derive(Debug)]
struct OpenCall {
    id: Option<Text>,
    name: Text,
    arguments: Value,
    signature: Option<Text>,
}

impl GenerateStreamDecoder {
    /// A decoder at the beginning of an answer.
    #[must_use]
    pub fn new(speaker: Speaker) -> Self {
        Self {
            speaker,
            whole: false,
            started: false,
            id: None,
            model: None,
            blocked: None,
            counts: UsageCounts::default(),
            choices: Vec::new(),
        }
    }

    fn piece(&mut self, answer: Answer<'_>, data: &Text, events: &mut Events) -> Result<()> {
        if answer.error.is_some() {
            let body = ErrorBody::read(data.as_bytes());
            let error = classify::of_body(None, &http::HeaderMap::new(), None, &body, &[]);
            return Err(match self.counts.usage() {
                Some(usage) => error.with_usage(usage),
                None => error,
            });
        }
        let (id, model) = (answer.response_id.take(data), answer.model_version.take(data));
        if !self.started {
            self.started = true;
            let mut start = StreamStart::default();
            start.id.clone_from(&id);
            start.model.clone_from(&model);
            events.push_back(StreamEvent::Start(Box::new(start)));
            (self.id, self.model) = (id, model);
        } else {
            self.id = self.id.take().or(id);
            self.model = self.model.take().or(model);
        }
        if let Some(raw) = answer.usage_metadata {
            self.counts.take(raw);
        }
        if let Some(feedback) = answer.prompt_feedback
            && let Some(reason) = feedback.block_reason.to_text()
        {
            self.blocked = Some((reason, feedback.block_reason_message.to_text()));
        }
        for (place, candidate) in (0..).zip(answer.candidates.0) {
            self.candidate(place, candidate, data, events);
        }
        Ok(())
    }

    fn candidate(&mut self, place: u32, candidate: Candidate<'_>, data: &Text, events: &mut Events) {
        let index = candidate.index.index().unwrap_or(place);
        let at = match self.choices.iter().position(|choice| choice.index == index) {
            Some(at) => at,
            None => {
                self.choices.push(Choice {
                    index,
                    raw: None,
                    calls: 0,
                    open: None,
                    call: None,
                    extra: Extra::new(),
                    citations: Vec::new(),
                });
                self.choices.len() - 1
            }
        };
        let choice = &mut self.choices[at];
        for part in candidate
            .content
            .map(|content| content.parts.0)
            .unwrap_or_default()
        {
            choice.part(part, &self.speaker, self.id.as_ref(), data, events);
        }
        if let Some(raw) = candidate.logprobs_result.and_then(logprobs) {
            events.push_back(StreamEvent::Logprobs {
                choice: index,
                logprobs: Box::new(raw),
            });
        }
        if let Some(raw) = candidate.finish_reason.take(data) {
            choice.raw = Some(words::word(raw));
        }
        let unnamed = [
            ("finishMessage", candidate.finish_message),
            ("safetyRatings", candidate.safety_ratings),
            ("citationMetadata", candidate.citation_metadata),
            ("groundingMetadata", candidate.grounding_metadata),
            ("urlContextMetadata", candidate.url_context_metadata),
            ("avgLogprobs", candidate.avg_logprobs),
        ];
        for (name, raw) in unnamed {
            if let Some(raw) = raw.filter(|raw| raw.get() != "null") {
                choice.extra.insert(
                    Text::from_static(WIRE),
                    Text::from_static(name),
                    Json::from_raw(raw),
                );
            }
        }
        if let Some(found) = candidate
            .grounding_metadata
            .and_then(|raw| grounding(raw, &self.speaker))
        {
            choice.citations = found;
        }
        if let Some(found) = candidate
            .citation_metadata
            .and_then(|raw| citations(raw, &self.speaker))
        {
            choice.citations = found;
        }
    }

    fn blocked(&mut self) -> Option<Error> {
        let (reason, message) = self.blocked.take().filter(|_| self.choices.is_empty())?;
        let message = message.unwrap_or_else(|| Text::from(format!("the prompt was blocked: {reason}")));
        let error = Error::new(ErrorKind::ContentFiltered, message).with_code(reason);
        Some(match self.counts.usage() {
            Some(usage) => error.with_usage(usage),
            None => error,
        })
    }
}

impl Choice {
    fn part(
        &mut self,
        part: Part<'_>,
        speaker: &Speaker,
        answer: Option<&Text>,
        data: &Text,
        events: &mut Events,
    ) {
        let signature = part.thought_signature.clone().take(data);
        let choice = self.index;
        let riders = |signature: Option<Text>| match signature {
            Some(signature) => Riders::new().with_signature(Signature::new(speaker.provider(), signature)),
            None => Riders::new(),
        };
        if let Some(call) = part.function_call {
            self.open = None;
            self.function_call(call, signature, speaker, answer, data, events);
            return;
        }
        if let Some(text) = part.text {
            let kind = if part.thought == Some(true) {
                PartKind::Reasoning
            } else {
                PartKind::Text
            };
            self.close_call(speaker, answer, events);
            // A signed part is never joined with another.
            if signature.is_some() && self.open == Some(kind) {
                events.push_back(StreamEvent::PartEnd {
                    choice,
                    kind,
                    riders: Riders::new(),
                });
            }
            if let Some(text) = text.take(data) {
                self.open = Some(kind);
                events.push_back(match kind {
                    PartKind::Reasoning => StreamEvent::ReasoningDelta { choice, text },
                    _ => StreamEvent::TextDelta { choice, text },
                });
            }
            if signature.is_some() {
                self.open = None;
                events.push_back(StreamEvent::PartEnd {
                    choice,
                    kind,
                    riders: riders(signature),
                });
            }
            return;
        }
        self.open = None;
        if let Some(inline) = part.inline_data {
            let mime = inline.mime_type.to_text().unwrap_or_default();
            let mut media = Media::base64(kind_of(&mime), mime, inline.data.take(data).unwrap_or_default());
            media.riders = riders(signature);
            events.push_back(StreamEvent::Media {
                choice,
                media: Box::new(media),
            });
        } else if let Some(file) = part.file_data {
            let mime = file.mime_type.to_text();
            let uri = file.file_uri.take(data).unwrap_or_default();
            let kind = kind_of(mime.as_deref().unwrap_or_default());
            let mut media = Media::new(kind, MediaSource::File(uri));
            media.media_type = mime;
            media.riders = riders(signature);
            events.push_back(StreamEvent::Media {
                choice,
                media: Box::new(media),
            });
        } else {
            self.vendor_part(&part, signature, speaker, events);
        }
    }

    /// Calls that the vendor ran, and their results.
    fn vendor_part(&self, part: &Part<'_>, signature: Option<Text>, speaker: &Speaker, events: &mut Events) {
        let choice = self.index;
        let whole = |name: &str, raw: &RawValue| {
            let signed = signature.as_ref().and_then(|data| Json::of(data).ok());
            let signed = signed.map_or_else(String::new, |data| format!(r#","thoughtSignature":{data}"#));
            Json::parse(format!(r#"{{"{name}":{}{signed}}}"#, raw.get())).unwrap_or_else(|_| Json::null())
        };
        let call = match (part.executable_code, part.tool_call) {
            (Some(raw), _) => Some(("code_execution".to_owned(), whole("executableCode", raw), raw)),
            (None, Some(raw)) => {
                let kind = serde_json::from_str::<ToolType<'_>>(raw.get()).ok();
                let name = kind.and_then(|kind| kind.tool_type.to_text()).unwrap_or_default();
                Some((name.to_lowercase(), whole("toolCall", raw), raw))
            }
            (None, None) => None,
        };
        if let Some((name, json, raw)) = call {
            let mut call = ServerToolCall::new(speaker.provider(), name, json);
            call.arguments = Some(Text::from(raw.get()));
            if let Some(signature) = signature {
                call.riders = Riders::new().with_signature(Signature::new(speaker.provider(), signature));
            }
            events.push_back(StreamEvent::ServerToolCall {
                choice,
                call: Box::new(call),
            });
            return;
        }
        let result = match (part.code_execution_result, part.tool_response) {
            (Some(raw), _) => whole("codeExecutionResult", raw),
            (None, Some(raw)) => whole("toolResponse", raw),
            // A kind of part that is not known yet.
            (None, None) => return,
        };
        events.push_back(StreamEvent::Opaque {
            choice,
            part: Box::new(Opaque::new(speaker.provider(), result)),
        });
    }

    fn function_call(
        &mut self,
        call: FunctionCall<'_>,
        signature: Option<Text>,
        speaker: &Speaker,
        answer: Option<&Text>,
        data: &Text,
        events: &mut Events,
    ) {
        let goes_on = call.will_continue == Some(true);
        if let Some(name) = call.name.take(data) {
            self.close_call(speaker, answer, events);
            let arguments = call.args.filter(|raw| raw.get() != "null");
            if !goes_on && call.partial_args.0.is_empty() {
                let arguments = arguments.map_or(Text::from_static("{}"), |raw| data.slice_ref(raw.get()));
                self.whole_call(
                    call.id.take(data),
                    name,
                    arguments,
                    signature,
                    speaker,
                    answer,
                    events,
                );
                return;
            }
            let arguments = arguments.and_then(|raw| serde_json::from_str(raw.get()).ok());
            self.call = Some(OpenCall {
                id: call.id.take(data),
                name,
                arguments: arguments.unwrap_or_else(|| Value::Object(serde_json::Map::new())),
                signature,
            });
        }
        if let Some(open) = &mut self.call {
            for piece in &call.partial_args.0 {
                set(&mut open.arguments, piece);
            }
        }
        if !goes_on {
            self.close_call(speaker, answer, events);
        }
    }

    fn close_call(&mut self, speaker: &Speaker, answer: Option<&Text>, events: &mut Events) {
        if let Some(open) = self.call.take() {
            let arguments = Text::from(open.arguments.to_string());
            self.whole_call(
                open.id,
                open.name,
                arguments,
                open.signature,
                speaker,
                answer,
                events,
            );
        }
    }

    #[allow(clippy::too_many_arguments, reason = "the fields of one call, in one place")]
    fn whole_call(
        &mut self,
        id: Option<Text>,
        name: Text,
        arguments: Text,
        signature: Option<Text>,
        speaker: &Speaker,
        answer: Option<&Text>,
        events: &mut Events,
    ) {
        let (choice, call) = (self.index, self.calls);
        self.calls += 1;
        let mut riders = Riders::new();
        if let Some(signature) = signature {
            riders.set_signature(Some(Signature::new(speaker.provider(), signature)));
        }
        let id = id.unwrap_or_else(|| {
            riders.set_extra(crate::parts::noted(&[crate::parts::NO_ID]));
            // Unique in the conversation too, so that results find their call.
            let answer = answer.map_or("0", Text::as_str);
            Text::from(format!("call_{answer}_{choice}_{call}"))
        });
        events.push_back(StreamEvent::ToolCallStart {
            choice,
            call,
            id,
            name,
            kind: ToolCallKind::Function,
        });
        events.push_back(StreamEvent::ToolCallDelta {
            choice,
            call,
            arguments,
        });
        events.push_back(StreamEvent::ToolCallEnd { choice, call, riders });
    }

    fn finish(self) -> ChoiceFinish {
        let reason = match &self.raw {
            Some(raw) => words::finish_reason(raw, self.calls > 0),
            None if self.calls > 0 => FinishReason::ToolCalls,
            None => FinishReason::Other(Text::new()),
        };
        let mut finish = ChoiceFinish::new(self.index, reason, self.raw);
        finish.extra = self.extra;
        finish
    }
}

#[derive(Default, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ToolType<'a> {
    #[serde(borrow)]
    tool_type: Str<'a>,
}

/// Puts a piece of arguments at its path (`$.a.b[0]`); strings are appended.
fn set(root: &mut Value, piece: &PartialArg<'_>) {
    let path = piece.json_path.filled().unwrap_or_default();
    let value = match (&piece.string_value, piece.number_value, piece.bool_value) {
        (Some(text), _, _) => Value::from(text.0.as_deref().unwrap_or_default()),
        (None, Some(raw), _) => serde_json::from_str(raw.get()).unwrap_or(Value::Null),
        (None, None, Some(truth)) => Value::from(truth),
        (None, None, None) => Value::Null,
    };
    let mut at = root;
    for key in path
        .split(['.', '[', ']', '\'', '"'])
        .filter(|key| !key.is_empty() && *key != "$")
    {
        match key.parse::<usize>() {
            // A list that nobody could mean is not made.
            Ok(place) if place < 10_000 => {
                if !at.is_array() {
                    *at = Value::Array(Vec::new());
                }
                let Value::Array(items) = at else { return };
                if items.len() <= place {
                    items.resize(place + 1, Value::Null);
                }
                at = &mut items[place];
            }
            _ => {
                if !at.is_object() {
                    *at = Value::Object(serde_json::Map::new());
                }
                let Value::Object(fields) = at else { return };
                at = fields.entry(key).or_insert(Value::Null);
            }
        }
    }
    match (at, value) {
        (Value::String(text), Value::String(more)) => text.push_str(&more),
        (at, value) => *at = value,
    }
}

/// The kind of media by its MIME type.
pub(crate) fn kind_of(mime: &str) -> MediaKind {
    match mime.split('/').next() {
        Some("image") => MediaKind::Image,
        Some("audio") => MediaKind::Audio,
        Some("video") => MediaKind::Video,
        _ => MediaKind::Document,
    }
}

impl UsageCounts {
    fn take(&mut self, raw: &RawValue) {
        let Ok(counts) = serde_json::from_str::<UsageMetadata>(raw.get()) else {
            return;
        };
        // Counts are totals so far; one that a chunk leaves out keeps its last value.
        self.prompt = counts.prompt_token_count.count().or(self.prompt);
        self.candidates = counts.candidates_token_count.count().or(self.candidates);
        self.thoughts = counts.thoughts_token_count.count().or(self.thoughts);
        self.tool_use = counts.tool_use_prompt_token_count.count().or(self.tool_use);
        self.cached = counts.cached_content_token_count.count().or(self.cached);
        self.raw = Some(Json::from_raw(raw));
    }

    fn usage(&self) -> Option<Usage> {
        if (self.prompt, self.candidates, self.thoughts) == (None, None, None) {
            return None;
        }
        let mut usage = Usage::new(
            self.prompt.unwrap_or(0) + self.tool_use.unwrap_or(0),
            self.candidates.unwrap_or(0) + self.thoughts.unwrap_or(0),
        );
        usage.cache_read_input_tokens = self.cached;
        usage.reasoning_output_tokens = self.thoughts;
        usage.raw.clone_from(&self.raw);
        Some(usage)
    }
}

/// Sources of a search: `groundingChunks[].web`.
fn grounding(raw: &RawValue, speaker: &Speaker) -> Option<Vec<Citation>> {
    let chunks = Object::of(raw, "")
        .ok()?
        .take("groundingChunks")
        .and_then(list_of)?;
    let citations = chunks.into_iter().filter_map(|raw| {
        let mut chunk = Object::of(raw, "").ok()?;
        let mut source = chunk
            .take_any(&["web", "retrievedContext", "maps"])
            .and_then(|raw| Object::of(raw, "").ok())?;
        let mut citation = Citation::default();
        citation.url = source.text("uri").ok().flatten();
        citation.title = source.text("title").ok().flatten();
        citation.raw = Some(Opaque::new(speaker.provider(), Json::from_raw(raw)));
        Some(citation)
    });
    Some(citations.collect())
}

/// Texts that were recited: `citationSources[]`, on Vertex `citations[]`.
fn citations(raw: &RawValue, speaker: &Speaker) -> Option<Vec<Citation>> {
    let mut metadata = Object::of(raw, "").ok()?;
    let sources = metadata
        .take_any(&["citationSources", "citations"])
        .and_then(list_of)?;
    let citations = sources.into_iter().filter_map(|raw| {
        let mut source = Object::of(raw, "").ok()?;
        let mut number = |name: &str| source.read::<Num>(name).ok().flatten().and_then(Num::count);
        let range = (number("startIndex").unwrap_or(0), number("endIndex"));
        let mut citation = Citation::default();
        citation.range = range.1.map(|end| (range.0, end));
        citation.url = source.text("uri").ok().flatten();
        citation.title = source.text("title").ok().flatten();
        citation.raw = Some(Opaque::new(speaker.provider(), Json::from_raw(raw)));
        Some(citation)
    });
    Some(citations.collect())
}

fn logprobs(raw: &RawValue) -> Option<Logprobs> {
    #[derive(Default, serde::Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Chosen {
        token: String,
        log_probability: f64,
    }
    #[derive(Default, serde::Deserialize)]
    #[serde(default)]
    struct Top {
        candidates: Vec<Chosen>,
    }
    #[derive(Default, serde::Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct LogprobsResult {
        chosen_candidates: Vec<Chosen>,
        top_candidates: Vec<Top>,
    }
    let result: LogprobsResult = serde_json::from_str(raw.get()).ok()?;
    let entry = |chosen: Chosen| {
        let mut entry = TokenLogprob::default();
        entry.token = Text::from(chosen.token);
        entry.logprob = chosen.log_probability;
        entry
    };
    let mut top = result.top_candidates.into_iter();
    let content = result.chosen_candidates.into_iter().map(|chosen| {
        let mut token = entry(chosen);
        token.top = top
            .next()
            .unwrap_or_default()
            .candidates
            .into_iter()
            .map(entry)
            .collect();
        token
    });
    Some(Logprobs::of_content(content.collect())).filter(|logprobs| !logprobs.is_empty())
}

impl StreamDecoder for GenerateStreamDecoder {
    fn decode(&mut self, frame: &Frame, events: &mut Events) -> Result<()> {
        let data = frame.data.as_str().trim();
        if data.is_empty() || data == "[DONE]" {
            return Ok(());
        }
        if data.starts_with('[') {
            // Asked for whole where a stream was sent, or an error in a list of one.
            let pieces: Vec<Answer<'_>> =
                serde_json::from_str(data).map_err(|error| malformed(&error, data))?;
            return pieces
                .into_iter()
                .try_for_each(|piece| self.piece(piece, &frame.data, events));
        }
        let piece = serde_json::from_str(data).map_err(|error| malformed(&error, data))?;
        self.piece(piece, &frame.data, events)
    }

    fn finish(&mut self, events: &mut Events) -> Result<()> {
        if let Some(error) = self.blocked() {
            return Err(error);
        }
        if !self.whole && !self.choices.iter().any(|choice| choice.raw.is_some()) {
            let error = Error::new(ErrorKind::Truncated, "the stream ended without a finish reason");
            return Err(match self.counts.usage() {
                Some(usage) => error.with_usage(usage),
                None => error,
            });
        }
        let mut finish = StreamFinish::default();
        self.choices.sort_by_key(|choice| choice.index);
        for mut choice in std::mem::take(&mut self.choices) {
            choice.close_call(&self.speaker, self.id.as_ref(), events);
            for citation in std::mem::take(&mut choice.citations) {
                events.push_back(StreamEvent::Citation {
                    choice: choice.index,
                    citation: Box::new(citation),
                });
            }
            finish.choices.push(choice.finish());
        }
        finish.usage = self.counts.usage();
        finish.id = self.id.take();
        finish.model = self.model.take();
        events.push_back(StreamEvent::Finish(Box::new(finish)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_come_together_from_pieces() {
        let mut root = serde_json::json!({});
        let pieces: Vec<PartialArg<'_>> = serde_json::from_str(
            r#"[{"jsonPath":"$.city","stringValue":"Par"},{"jsonPath":"$.city","stringValue":"is"},
                {"jsonPath":"$.days[1].n","numberValue":2},{"jsonPath":"$.now","boolValue":true}]"#,
        )
        .unwrap();
        pieces.iter().for_each(|piece| set(&mut root, piece));
        assert_eq!(
            root,
            serde_json::json!({"city": "Paris", "days": [null, {"n": 2}], "now": true})
        );
    }
}
