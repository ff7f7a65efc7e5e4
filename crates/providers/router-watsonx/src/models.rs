//! The list of models, a page at a time.

use router_core::model::{ListModelsRequest, ModelInfo, ModelList};
use router_core::{Error, ErrorKind, Result, Text};
use router_wire::body::{malformed, text_of};
use router_wire::lenient::{List, Num, Str};
use router_wire::{Encoded, HttpRequest, HttpResponse};
use serde::Deserialize;

use crate::place::Place;

const PATH: &str = "/ml/v1/foundation_model_specs";

pub(crate) fn encode(place: &Place, request: &ListModelsRequest) -> Encoded {
    let mut path = place.path(PATH) + "&limit=200";
    if let Some(page) = &request.page {
        path.push_str("&start=");
        path.push_str(&router_wire::message::percent_encoded(page));
    }
    Encoded::whole(HttpRequest::get(path), Vec::new())
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer<'a> {
    #[serde(borrow)]
    resources: Option<List<Row<'a>>>,
    #[serde(borrow)]
    next: Next<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Next<'a> {
    #[serde(borrow)]
    href: Str<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Row<'a> {
    #[serde(borrow)]
    model_id: Str<'a>,
    #[serde(borrow)]
    label: Str<'a>,
    #[serde(borrow)]
    provider: Str<'a>,
    model_limits: Limits,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Limits {
    max_sequence_length: Num,
    max_output_tokens: Num,
}

pub(crate) fn decode(response: &HttpResponse) -> Result<ModelList> {
    let text = text_of(response)?;
    let answer: Answer<'_> = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
    let Some(rows) = answer.resources else {
        return Err(Error::new(ErrorKind::Decode, "the answer holds no models"));
    };
    let mut list = ModelList::new(rows.0.into_iter().filter_map(model).collect());
    list.next_page = answer.next.href.to_text().and_then(|address| start(&address));
    Ok(list)
}

fn model(row: Row<'_>) -> Option<ModelInfo> {
    let mut info = ModelInfo::new(row.model_id.to_text()?);
    info.name = row.label.to_text();
    info.owner = row.provider.to_text();
    info.context_window = row.model_limits.max_sequence_length.count();
    info.max_output_tokens = row.model_limits.max_output_tokens.count();
    Some(info)
}

/// The place where the next page starts, of its address.
fn start(address: &str) -> Option<Text> {
    let (_, query) = address.split_once('?')?;
    let found = query.split('&').find_map(|pair| pair.strip_prefix("start="))?;
    Some(Text::from(found))
}
