//! Where an answer comes from: results of searches that it rests on, and texts that it recites.

use router_core::content::{Citation, Opaque};
use router_core::{Json, Text};
use router_wire::lenient::Num;
use router_wire::object::{Object, list_of};
use router_wire::provenance::Speaker;
use serde_json::value::RawValue;

/// Sources of a search: `groundingChunks`, each with the pieces of the answer that rest on it (`groundingSupports`).
pub(super) fn grounding(raw: &RawValue, speaker: &Speaker) -> Option<Vec<Citation>> {
    let mut metadata = Object::of(raw, "").ok()?;
    let chunks = metadata.take("groundingChunks").and_then(list_of)?;
    let supports = metadata
        .take("groundingSupports")
        .and_then(list_of)
        .unwrap_or_default();
    let supports: Vec<Support> = supports.into_iter().filter_map(support).collect();
    let mut citations = Vec::with_capacity(chunks.len());
    for (place, raw) in (0u64..).zip(chunks) {
        let Some(source) = source(raw, speaker) else {
            continue;
        };
        let ranges = || {
            let resting = supports.iter().filter(|support| support.chunks.contains(&place));
            resting.filter_map(|support| support.range)
        };
        if ranges().next().is_none() {
            citations.push(source.clone());
        }
        citations.extend(ranges().map(|range| {
            let mut citation = source.clone();
            citation.range = Some(range);
            citation
        }));
    }
    Some(citations)
}

/// A chunk: of the web, of the caller's own documents, or of maps.
fn source(raw: &RawValue, speaker: &Speaker) -> Option<Citation> {
    let mut chunk = Object::of(raw, "").ok()?;
    let mut source = chunk
        .take_any(&["web", "retrievedContext", "maps", "image"])
        .and_then(|raw| Object::of(raw, "").ok())?;
    let mut text = |name: &str| source.text(name).ok().flatten();
    let mut citation = Citation::default();
    citation.url = text("uri").or_else(|| text("sourceUri"));
    citation.title = text("title");
    citation.cited_text = text("text");
    citation.raw = Some(Opaque::new(speaker.maker(), Json::from_raw(raw)));
    Some(citation)
}

/// A piece of the answer, and the chunks that it rests on.
struct Support {
    chunks: Vec<u64>,
    range: Option<(u64, u64)>,
}

fn support(raw: &RawValue) -> Option<Support> {
    let mut fields = Object::of(raw, "").ok()?;
    let chunks: Vec<Num> = fields.read("groundingChunkIndices").ok().flatten()?;
    let range = fields.object("segment").ok().flatten().and_then(|mut segment| {
        let mut number = |name: &str| segment.read::<Num>(name).ok().flatten().and_then(Num::count);
        // The beginning is left out where it is 0.
        Some((number("startIndex").unwrap_or(0), number("endIndex")?))
    });
    Some(Support {
        chunks: chunks.into_iter().filter_map(Num::count).collect(),
        range,
    })
}

/// Texts that were recited: `citationSources`, on Vertex `citations`.
pub(super) fn recited(raw: &RawValue, speaker: &Speaker) -> Option<Vec<Citation>> {
    let mut metadata = Object::of(raw, "").ok()?;
    let sources = metadata
        .take_any(&["citationSources", "citations"])
        .and_then(list_of)?;
    let citations = sources.into_iter().filter_map(|raw| {
        let mut source = Object::of(raw, "").ok()?;
        let mut number = |name: &str| source.read::<Num>(name).ok().flatten().and_then(Num::count);
        let range = (number("startIndex").unwrap_or(0), number("endIndex"));
        let mut text = |name: &str| -> Option<Text> { source.text(name).ok().flatten() };
        let mut citation = Citation::default();
        citation.range = range.1.map(|end| (range.0, end));
        citation.url = text("uri");
        citation.title = text("title");
        citation.raw = Some(Opaque::new(speaker.maker(), Json::from_raw(raw)));
        Some(citation)
    });
    Some(citations.collect())
}
