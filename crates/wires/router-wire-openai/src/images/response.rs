//! Pictures in a whole reply.

use router_core::content::MediaKind;
use router_core::image::{GeneratedImage, ImageResponse};
use router_core::{Error, ErrorKind, Media, Result, Text};
use router_wire::body::{malformed, text_of};
use router_wire::classify;
use router_wire::error_body::ErrorBody;
use router_wire::lenient::{Num, Str};
use router_wire::object::{Object, list_of};
use router_wire::{HttpResponse, media_type};
use serde_json::value::RawValue;

use super::WIRE;
use crate::chat::wire;

/// The pictures in a reply: `data` or `images`, each an object with `b64_json` or `url`, or bare.
///
/// # Errors
/// `Decode` when the body holds no pictures.
pub fn decode(response: &HttpResponse) -> Result<ImageResponse> {
    let text = text_of(response)?;
    let mut body: Object<'_> = serde_json::from_str(&text).map_err(|error| malformed(&error, &text))?;
    let rows = body.take_any(&["data", "images"]).and_then(list_of);
    let Some(rows) = rows else {
        return Err(Error::new(ErrorKind::Decode, "the answer holds no pictures"));
    };
    let format = body.peek("output_format").and_then(word);
    let mut answer = ImageResponse::default();
    let mut failure = None;
    for raw in rows {
        match picture(raw, &text, format.as_deref()) {
            Row::Picture(image) => answer.images.push(*image),
            Row::Filtered => answer.filtered += 1,
            Row::Failed(error) => {
                answer.filtered += u32::from(error.kind() == ErrorKind::ContentFiltered);
                failure.get_or_insert(error);
            }
            Row::Nothing => {}
        }
    }
    if let (true, Some(error)) = (answer.images.is_empty(), failure) {
        return Err(error.with_raw(response.raw()));
    }
    answer.created = body.take("created").and_then(number).and_then(Num::int);
    answer.model = body.take("model").and_then(word);
    answer.usage = body.take("usage").and_then(wire::Usage::read);
    answer.extra = body.rest(WIRE);
    Ok(answer)
}

/// An element of the list.
enum Row {
    Picture(Box<GeneratedImage>),
    Filtered,
    /// Seedream tells for each picture why there is none.
    Failed(Box<Error>),
    Nothing,
}

fn picture(raw: &RawValue, within: &Text, format: Option<&str>) -> Row {
    let Ok(mut fields) = Object::of(raw, "") else {
        // Venice gives bare base64, others bare addresses.
        return match text(raw, within) {
            Some(data) if data.starts_with("http") => row(Media::image_url(data), None),
            Some(data) => row(by_value(data, None, format), None),
            None => Row::Nothing,
        };
    };
    // xAI's word for a picture that its filter holds back.
    if fields
        .peek("respect_moderation")
        .is_some_and(|raw| raw.get() == "false")
    {
        return Row::Filtered;
    }
    if let Some(error) = fields.peek("error").filter(|raw| raw.get().starts_with('{')) {
        return Row::Failed(Box::new(failed(error)));
    }
    let mut take = |name: &str| fields.take(name).and_then(|raw| text(raw, within));
    let kind = take("mime_type").or_else(|| take("content_type"));
    let (data, url) = (take("b64_json"), take("url"));
    let revised_prompt = take("revised_prompt");
    let mut media = match (data, url) {
        (Some(data), _) => by_value(data, kind, format),
        (None, Some(url)) => {
            let mut media =
                Media::from_data_url(MediaKind::Image, &url).unwrap_or_else(|| Media::image_url(url));
            if media.media_type.is_none() {
                media.media_type = kind;
            }
            media
        }
        (None, None) => return Row::Nothing,
    };
    media.riders.set_extra(fields.rest(WIRE));
    row(media, revised_prompt)
}

/// Why there is no picture: `{code, message}`.
fn failed(raw: &RawValue) -> Error {
    let body = ErrorBody::read(raw.get().as_bytes());
    let error = classify::of_body(None, &http::HeaderMap::new(), None, &body, &[]);
    let withheld = body.codes.iter().any(|code| {
        let code = code.to_ascii_lowercase();
        code.contains("sensitive") || code.contains("risk")
    });
    if withheld {
        return Error::new(ErrorKind::ContentFiltered, error.message().to_owned());
    }
    error
}

fn row(media: Media, revised_prompt: Option<Text>) -> Row {
    let mut image = GeneratedImage::from(media);
    image.revised_prompt = revised_prompt;
    Row::Picture(Box::new(image))
}

/// A picture in base64. What it is, its first bytes say best.
pub(super) fn by_value(data: Text, kind: Option<Text>, format: Option<&str>) -> Media {
    let seen = media_type::of_base64(&data).or_else(|| media_type::of_format(format?));
    let mut media = Media::base64(MediaKind::Image, "", data);
    media.media_type = kind.or_else(|| seen.map(Text::from_static));
    media
}

/// A text, sharing the buffer that it was read from.
fn text(raw: &RawValue, within: &Text) -> Option<Text> {
    serde_json::from_str::<Str<'_>>(raw.get()).ok()?.take(within)
}

fn word(raw: &RawValue) -> Option<Text> {
    serde_json::from_str::<Str<'_>>(raw.get()).ok()?.to_text()
}

fn number(raw: &RawValue) -> Option<Num> {
    serde_json::from_str(raw.get()).ok()
}
