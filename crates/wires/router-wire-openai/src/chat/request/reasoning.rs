//! Earlier reasoning, back in the fields that it came in.

use router_core::content::Reasoning;
use router_core::{ContentPart, Text};
use router_wire::provenance::Speaker;
use router_wire::write::extra_fields_but;
use serde::Serialize;
use serde::ser::SerializeMap;
use serde_json::value::RawValue;

use super::Target;
use crate::chat::WIRE;
use crate::dialect::ReasoningReplay;

/// Writes the reasoning of an assistant's message that its vendor takes back.
pub(super) fn fields<M: SerializeMap>(
    target: Target<'_>,
    parts: &[ContentPart],
    map: &mut M,
) -> std::result::Result<(), M::Error> {
    if target.dialect.reasoning_replay == ReasoningReplay::Never {
        return Ok(());
    }
    let replayed = || {
        parts.iter().filter_map(|part| match part {
            ContentPart::Reasoning(part) => Some((replay_field(target.speaker, part)?, part)),
            _ => None,
        })
    };
    let details: Vec<&RawValue> = replayed()
        .filter_map(|(_, part)| part.riders.extra().get(WIRE, "details"))
        .filter_map(|list| serde_json::from_str::<Vec<&RawValue>>(list.as_str()).ok())
        .flatten()
        .collect();
    let alone = target.dialect.reasoning_replay == ReasoningReplay::Details && !details.is_empty();
    let mut written: Vec<String> = Vec::new();
    for (field, part) in replayed().filter(|_| !alone) {
        if matches!(field.as_str(), "reasoning_content" | "reasoning")
            && !part.text.is_empty()
            && !written.contains(&field)
        {
            let same = || replayed().filter(|(other, _)| *other == field);
            if same().nth(1).is_some() {
                let text: String = same().map(|(_, part)| part.text.as_str()).collect();
                map.serialize_entry(&field, &text)?;
            } else {
                map.serialize_entry(&field, &part.text)?;
            }
            written.push(field);
        } else if field == "extra_content"
            && let Some(signature) = part.riders.signature()
            && !written.contains(&field)
        {
            map.serialize_entry("extra_content", &GoogleExtra::of(&signature.data))?;
            written.push(field);
        }
    }
    if !details.is_empty() {
        map.serialize_entry("reasoning_details", &details)?;
    }
    let field = target.dialect.reasoning_field.as_ref();
    if target.dialect.reasoning_replay == ReasoningReplay::AlwaysKey
        && !written.iter().any(|known| known == field)
    {
        map.serialize_entry(field, "")?;
    }
    Ok(())
}

/// The field that earlier reasoning goes back in, when this speaker made it.
pub(super) fn replay_field(speaker: &Speaker, reasoning: &Reasoning) -> Option<String> {
    let riders = &reasoning.riders;
    let word = |name: &str| {
        riders
            .extra()
            .get(WIRE, name)
            .and_then(router_wire::write::string_of)
    };
    let made_here = word("provider").is_none_or(|maker| speaker.accepts(&maker.as_str().into()));
    let signed_here = riders
        .signature()
        .is_none_or(|signature| speaker.signature(signature).is_some());
    word("field").filter(|_| made_here && signed_here)
}

/// Whether earlier reasoning goes back as a part of the content, which it was.
pub(super) fn is_content(target: Target<'_>, part: &Reasoning) -> bool {
    target.dialect.reasoning_replay != ReasoningReplay::Never
        && !part.text.is_empty()
        && replay_field(target.speaker, part).is_some_and(|field| field == "content")
}

/// Writes reasoning as a part of the content.
pub(super) fn chunk<M: SerializeMap>(part: &Reasoning, map: &mut M) -> std::result::Result<(), M::Error> {
    #[derive(Serialize)]
    struct Piece<'a> {
        #[serde(rename = "type")]
        kind: &'static str,
        text: &'a Text,
    }
    let piece = Piece {
        kind: "text",
        text: &part.text,
    };
    map.serialize_entry("type", "thinking")?;
    map.serialize_entry("thinking", &[piece])?;
    if let Some(signature) = part.riders.signature() {
        map.serialize_entry("signature", &signature.data)?;
    }
    extra_fields_but(map, part.riders.extra(), WIRE, &["field", "provider", "details"])
}

#[derive(Serialize)]
struct GoogleExtra<'a> {
    google: ThoughtSignature<'a>,
}

#[derive(Serialize)]
struct ThoughtSignature<'a> {
    thought_signature: &'a Text,
}

impl<'a> GoogleExtra<'a> {
    fn of(thought_signature: &'a Text) -> Self {
        Self {
            google: ThoughtSignature { thought_signature },
        }
    }
}
