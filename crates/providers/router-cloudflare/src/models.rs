//! What model families take, where a run is not the same for all, and the list of models.

use router_core::model::{ListModelsRequest, ModelInfo, ModelList};
use router_core::{ModelId, Result, Text};
use router_wire::body::{malformed, text_of};
use router_wire::lenient::{List, Num, Str};
use router_wire::message::percent_encoded;
use router_wire::{Encoded, HttpRequest, HttpResponse};
use serde::Deserialize;

/// Whether a picture is asked for in a form.
pub(crate) fn takes_form(model: &ModelId) -> bool {
    model.as_str().contains("/flux-2")
}

/// Whether a sound is the whole body; there is no room for settings then.
pub(crate) fn takes_bytes(model: &ModelId) -> bool {
    matches!(
        model.as_str(),
        "@cf/openai/whisper" | "@cf/openai/whisper-tiny-en"
    )
}

/// Whether a text to speak goes under Deepgram's names.
pub(crate) fn speaks_as_deepgram(model: &ModelId) -> bool {
    model.as_str().starts_with("@cf/deepgram/")
}

/// Most models of one page.
const PAGE: usize = 100;

pub(crate) fn encode(request: &ListModelsRequest) -> Encoded {
    let page = request.page.as_deref().unwrap_or("1");
    let path = format!("/models/search?per_page={PAGE}&page={}", percent_encoded(page));
    Encoded::whole(HttpRequest::get(path), Vec::new())
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer<'a> {
    #[serde(borrow)]
    result: List<Row<'a>>,
    result_info: Page,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Row<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    properties: List<Property<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Property<'a> {
    #[serde(borrow)]
    property_id: Str<'a>,
    value: Num,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Page {
    page: Num,
}

/// The models by their names: what the vendor calls an id is not taken by any other operation.
pub(crate) fn decode(response: &HttpResponse) -> Result<ModelList> {
    let text = text_of(response)?;
    let answer: Answer<'_> = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
    let rows = answer.result.0;
    let page = answer.result_info.page.count().unwrap_or(1);
    let next = (rows.len() >= PAGE).then(|| Text::from((page + 1).to_string()));
    let mut list = ModelList::new(rows.into_iter().filter_map(model).collect());
    list.next_page = next;
    Ok(list)
}

fn model(row: Row<'_>) -> Option<ModelInfo> {
    let mut info = ModelInfo::new(row.name.to_text()?);
    let window = |property: &&Property<'_>| property.property_id.filled() == Some("context_window");
    let window = row.properties.0.iter().find(window);
    info.context_window = window.and_then(|property| property.value.count());
    Some(info)
}
