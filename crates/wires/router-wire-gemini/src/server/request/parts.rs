//! Parts: what each says, and which call a result answers.

use base64::Engine as _;
use router_core::content::{MediaSource, Opaque, Reasoning, Riders};
use router_core::{Content, ContentPart, Json, Media, Result, Signature, Text, ToolCall, ToolResult};
use router_wire::object::{Object, invalid, is_string};
use router_wire::provenance::unseal;
use serde_json::value::RawValue;

use super::{object, value};
use crate::WIRE;
use crate::parts::{NO_ID, THOUGHT, kind_of, note, noted};

/// What stands in front of a signature of another vendor, behind its base64.
const SEALED: &[u8] = b"llm-router:";

/// Reads parts in order: a result belongs to a call before it.
#[derive(Default)]
pub(super) struct Reader {
    /// Tool and id of the calls that no result has answered yet.
    open: Vec<(Text, Text)>,
}

impl Reader {
    /// A part, found at a place of the conversation.
    pub(super) fn part(
        &mut self,
        mut fields: Object<'_>,
        raw: &RawValue,
        at: (usize, usize),
    ) -> Result<ContentPart> {
        let signature = fields.text("thoughtSignature")?.map(|data| unsealed(&data));
        let thought = fields.read::<bool>("thought")?.unwrap_or(false);
        let mut found = if let Some(text) = fields.text("text")? {
            if thought {
                ContentPart::Reasoning(Reasoning::new(text))
            } else {
                ContentPart::text(text)
            }
        } else if let Some(media) = media(&mut fields)? {
            ContentPart::Media(media)
        } else if let Some(mut call) = fields.object("functionCall")? {
            let found = self.called(&mut call, at)?;
            fields.keep("functionCall", call);
            ContentPart::ToolCall(found)
        } else if let Some(mut result) = fields.object("functionResponse")? {
            let found = self.answered(&mut result)?;
            fields.keep("functionResponse", result);
            ContentPart::ToolResult(found)
        } else {
            return Ok(ContentPart::Opaque(Opaque::new(WIRE, Json::from_raw(raw))));
        };
        if let ContentPart::Media(media) = &mut found {
            media.detail = detail(&mut fields)?;
            if thought {
                fields.put_back("thought", RawValue::TRUE);
            }
        }
        let mut extra = fields.rest(WIRE);
        if thought && signature.is_none() && matches!(found, ContentPart::Reasoning(_)) {
            note(&mut extra, THOUGHT);
        }
        if let Some(riders) = found.riders_mut() {
            if signature.is_some() {
                riders.set_signature(signature);
            }
            for (name, value) in riders.extra().for_wire(WIRE) {
                extra.insert(WIRE, name, value.clone());
            }
            if !extra.is_empty() {
                riders.set_extra(extra);
            }
        }
        Ok(found)
    }

    fn called(&mut self, fields: &mut Object<'_>, (place, at): (usize, usize)) -> Result<ToolCall> {
        let id = fields.text("id")?.filter(|id| !id.is_empty());
        let name = fields.required_text("name")?;
        let arguments = fields
            .take("args")
            .map_or(Text::from_static("{}"), |raw| Text::from(raw.get()));
        let made_up = id.is_none();
        let id = id.unwrap_or_else(|| Text::from(format!("call_{place}_{at}")));
        self.open.push((name.clone(), id.clone()));
        let mut call = ToolCall::new(id, name, arguments);
        if made_up {
            call.riders = Riders::new().with_extra(noted(NO_ID));
        }
        Ok(call)
    }

    /// A result, linked to its call by id, or by the tool's name where there is none.
    fn answered(&mut self, fields: &mut Object<'_>) -> Result<ToolResult> {
        let path = fields.path_of("name");
        let name = fields.required_text("name")?;
        let id = fields.text("id")?.filter(|id| !id.is_empty());
        let found = self.open.iter().position(|(tool, call)| match &id {
            Some(id) => call == id,
            None => *tool == name,
        });
        let Some(found) = found else {
            return Err(invalid(
                &path,
                "a function response must follow a call of that function",
            ));
        };
        let (_, call) = self.open.remove(found);
        let (text, is_error) = outcome(fields.take("response").map_or("{}", RawValue::get));
        let path = fields.path_of("parts");
        let mut media = Vec::new();
        for (at, raw) in fields.list("parts")?.into_iter().enumerate() {
            let mut part = object(raw, format!("{path}[{at}]"))?;
            let Some(mut found) = self::media(&mut part)? else {
                return Err(invalid(
                    &format!("{path}[{at}]"),
                    "must hold inlineData or fileData",
                ));
            };
            found.riders.set_extra(part.rest(WIRE));
            media.push(ContentPart::Media(found));
        }
        let content = if media.is_empty() {
            Content::Text(text)
        } else {
            media.insert(0, ContentPart::text(text));
            Content::from(media)
        };
        let mut result = ToolResult::new(call, content).with_name(name);
        result.is_error = is_error;
        if id.is_none() {
            result.riders = Riders::new().with_extra(noted(NO_ID));
        }
        Ok(result)
    }
}

/// A signature as this wire carries it: bytes in base64. Those of other vendors have their maker's name inside.
fn unsealed(data: &Text) -> Signature {
    let engine = base64::engine::general_purpose::STANDARD;
    let inner = engine
        .decode(data.as_str())
        .ok()
        .filter(|bytes| bytes.starts_with(SEALED));
    match inner.and_then(|bytes| String::from_utf8(bytes).ok()) {
        Some(sealed) => unseal(&Text::from(sealed), WIRE),
        None => Signature::new(WIRE, data),
    }
}

/// How closely a picture is to be looked at.
fn detail(fields: &mut Object<'_>) -> Result<Option<Text>> {
    let Some(raw) = fields.peek("mediaResolution") else {
        return Ok(None);
    };
    let level = object(raw, fields.path_of("mediaResolution"))?.text("level")?;
    let known = match level.as_deref() {
        Some("MEDIA_RESOLUTION_LOW") => "low",
        Some("MEDIA_RESOLUTION_MEDIUM") => "medium",
        Some("MEDIA_RESOLUTION_HIGH") => "high",
        // Kept among the unnamed fields.
        _ => return Ok(None),
    };
    fields.take("mediaResolution");
    Ok(Some(Text::from_static(known)))
}

/// The media of a part that holds some.
fn media(fields: &mut Object<'_>) -> Result<Option<Media>> {
    if let Some(mut inline) = fields.object("inlineData")? {
        let found = inlined(&mut inline)?;
        fields.keep("inlineData", inline);
        return Ok(Some(found));
    }
    let Some(mut file) = fields.object("fileData")? else {
        return Ok(None);
    };
    let found = file_of(&mut file)?;
    fields.keep("fileData", file);
    Ok(Some(found))
}

fn inlined(fields: &mut Object<'_>) -> Result<Media> {
    let path = fields.path_of("data");
    let mime = fields.required_text("mimeType")?;
    let data = fields.required_text("data")?;
    // Clients of this wire may write base64 for addresses, and leave out its end.
    let mut standard = data.clone();
    if data.contains(['-', '_']) || data.len() % 4 != 0 {
        let mut text = data.replace('-', "+").replace('_', "/");
        while text.len() % 4 != 0 {
            text.push('=');
        }
        standard = Text::from(text);
    }
    let mut media = Media::base64(kind_of(&mime), mime, standard);
    if media.decode().is_none() {
        return Err(invalid(&path, "is not valid base64"));
    }
    media.name = fields.text("displayName")?;
    Ok(media)
}

fn file_of(fields: &mut Object<'_>) -> Result<Media> {
    let mime = fields.text("mimeType")?;
    let uri = fields.required_text("fileUri")?;
    let uploaded = !uri.starts_with("http") || uri.contains("generativelanguage.googleapis.com");
    let source = if uploaded {
        MediaSource::File(uri)
    } else {
        MediaSource::Url(uri)
    };
    let mut media = Media::new(kind_of(mime.as_deref().unwrap_or("image/")), source);
    media.media_type = mime;
    media.name = fields.text("displayName")?;
    Ok(media)
}

/// A response that is one text under `output` or `error` is that text; any other is its JSON.
fn outcome(response: &str) -> (Text, bool) {
    let mut only = serde_json::from_str::<Object<'_>>(response).unwrap_or_default();
    for (name, is_error) in [("output", false), ("error", true)] {
        let text = only
            .peek(name)
            .filter(|raw| is_string(raw))
            .and_then(|raw| value::<Text>(raw, name).ok());
        if let Some(text) = text {
            only.take(name);
            if only.is_empty() {
                return (text, is_error);
            }
        }
    }
    (Text::from(response), false)
}
