//! The list of models.

use router_core::model::{ListModelsRequest, ModelInfo, ModelList};
use router_core::{ModelId, Result};
use router_wire::body::{malformed, text_of};
use router_wire::lenient::Num;
use router_wire::object::{Object, list_of};
use router_wire::{HttpRequest, HttpResponse};

use crate::WIRE;

/// The request for a page of the list; pages are as long as the vendor allows.
#[must_use]
pub fn encode(request: &ListModelsRequest) -> HttpRequest {
    HttpRequest::get(match &request.page {
        Some(page) => format!("/models?pageSize=1000&pageToken={page}"),
        None => "/models?pageSize=1000".to_owned(),
    })
}

/// The models in a reply.
///
/// # Errors
/// `Decode` when the body is no JSON object.
pub fn decode(response: &HttpResponse) -> Result<ModelList> {
    let text = text_of(response)?;
    let mut body: Object<'_> = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
    let rows = body
        .take_any(&["models", "publisherModels"])
        .and_then(list_of)
        .unwrap_or_default();
    let models = rows.into_iter().filter_map(|raw| {
        let mut row = Object::of(raw, "").ok()?;
        let name = row.text("name").ok().flatten()?;
        let id = name.strip_prefix("models/").unwrap_or(&name);
        let mut info = ModelInfo::new(ModelId::from(name.slice_ref(id)));
        info.name = row.text("displayName").ok().flatten();
        info.context_window = row
            .read::<Num>("inputTokenLimit")
            .ok()
            .flatten()
            .and_then(Num::count);
        info.max_output_tokens = row
            .read::<Num>("outputTokenLimit")
            .ok()
            .flatten()
            .and_then(Num::count);
        info.extra = row.rest(WIRE);
        Some(info)
    });
    let mut list = ModelList::new(models.collect());
    list.next_page = body.text("nextPageToken").ok().flatten();
    Ok(list)
}
