//! The list of models.

use router_core::model::{ListModelsRequest, ModelInfo, ModelList};
use router_core::{ModelId, Result, Text};
use router_wire::lenient::{Num, Str};
use router_wire::object::{Object, list_of};
use router_wire::{HttpRequest, HttpResponse};
use serde_json::value::RawValue;

use crate::request::{Service, with_version};
use crate::response::{body_text, malformed};

/// The name of this wire in unnamed fields.
pub const WIRE: &str = "anthropic.models";

/// The request for a page of the list, as long as the vendor gives them.
///
/// # Errors
/// `InvalidRequest` when the version cannot stand in a header.
pub fn encode(service: &Service, request: &ListModelsRequest) -> Result<HttpRequest> {
    let path = match &request.page {
        Some(after) => format!("/v1/models?limit=1000&after_id={after}"),
        None => "/v1/models?limit=1000".to_owned(),
    };
    with_version(HttpRequest::get(path), &service.version)
}

/// The models in a reply.
///
/// # Errors
/// `Decode` when the body is no JSON object.
pub fn decode(response: &HttpResponse) -> Result<ModelList> {
    let text = body_text(response)?;
    let mut body: Object<'_> = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
    let rows = body.take("data").and_then(list_of).unwrap_or_default();
    let more = body.take("has_more").is_some_and(|raw| raw.get() == "true");
    let last = body
        .take("last_id")
        .and_then(|raw| serde_json::from_str::<Str<'_>>(raw.get()).ok())
        .and_then(|id| id.to_text());
    let mut list = ModelList::new(rows.into_iter().filter_map(model).collect());
    list.next_page = last.filter(|_| more);
    Ok(list)
}

fn model(raw: &RawValue) -> Option<ModelInfo> {
    let mut fields = Object::of(raw, "data").ok()?;
    let mut word = |name: &str| -> Option<Text> {
        serde_json::from_str::<Str<'_>>(fields.take(name)?.get())
            .ok()?
            .to_text()
    };
    let mut info = ModelInfo::new(ModelId::from(word("id")?));
    info.name = word("display_name");
    word("type");
    let created = word("created_at");
    let mut number = |name: &str| {
        fields
            .take(name)
            .and_then(|raw| serde_json::from_str::<Num>(raw.get()).ok())
            .and_then(Num::count)
    };
    info.context_window = number("max_input_tokens");
    info.max_output_tokens = number("max_tokens");
    info.extra = fields.rest(WIRE);
    info.created = created.as_deref().and_then(seconds);
    Some(info)
}

/// Seconds since 1970 of a moment in UTC like `2025-10-01T12:30:00Z`; anything finer than seconds is cut.
fn seconds(moment: &str) -> Option<i64> {
    let (date, time) = moment.split_once('T')?;
    let mut date = date.splitn(3, '-').map(str::parse::<i64>);
    let (year, month, day) = (date.next()?.ok()?, date.next()?.ok()?, date.next()?.ok()?);
    let known = (0..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    let clock = time.get(..8).filter(|_| known)?;
    let mut clock = clock.splitn(3, ':').map(str::parse::<i64>);
    let (hours, minutes, seconds) = (clock.next()?.ok()?, clock.next()?.ok()?, clock.next()?.ok()?);
    // Days by the civil calendar, counted from the first of March.
    let (year, month) = if month <= 2 {
        (year - 1, month + 9)
    } else {
        (year, month - 3)
    };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let days =
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (month * 153 + 2) / 5 + day - 1 - 719_468;
    Some(days * 86_400 + hours * 3600 + minutes * 60 + seconds)
}

/// A moment in UTC of seconds since 1970: the opposite of [`seconds`].
#[cfg(feature = "server")]
pub(crate) fn moment(seconds: i64) -> String {
    let (days, second) = (seconds.div_euclid(86_400) + 719_468, seconds.rem_euclid(86_400));
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (year * 365 + year / 4 - year / 100);
    let month = (of_year * 5 + 2) / 153;
    let day = of_year - (month * 153 + 2) / 5 + 1;
    let (year, month) = if month < 10 {
        (year + era * 400, month + 3)
    } else {
        (year + era * 400 + 1, month - 9)
    };
    let (hours, minutes, seconds) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}Z")
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn moments_are_seconds() {
        assert_eq!(seconds("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(seconds("2025-02-19T00:00:00Z"), Some(1_739_923_200));
        assert_eq!(seconds("2024-02-29T12:30:05.123Z"), Some(1_709_209_805));
        for text in [
            "",
            "T",
            "2025-13-01T00:00:00Z",
            "2025-01-01",
            "x-y-zTa:b:c",
            "2025-01-01T€€€",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[cfg(feature = "server")]
    #[test]
    fn moments_come_back() {
        for second in [0, 1, 951_782_400, 1_709_209_805, 1_739_923_200, 4_102_444_799] {
            assert_eq!(seconds(&super::moment(second)), Some(second));
        }
    }
}
