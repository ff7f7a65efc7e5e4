//! A picture to make as the body of a request: JSON, or a form with the pictures to start from.

use router_core::content::MediaSource;
use router_core::image::{Delivery, ImageRequest, sides_of};
use router_core::{Call, Error, ErrorKind, Media, Result, Text};
use router_wire::multipart::Form;
use router_wire::object::invalid;
use router_wire::provenance::Speaker;
use router_wire::warnings::Warnings;
use router_wire::write::{Fields, Overrides, Seq, extra_fields};
use router_wire::{Encoded, HttpRequest, media_type};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::WIRE;
use super::dialect::{DeliveryForm, EditForm, ImageDialect};

const NOT_THERE: &str = "this vendor has no such setting";

/// The request for pictures.
///
/// # Errors
/// `Unsupported` for pictures that the vendor cannot start from, and for settings when the request is strict;
/// `InvalidRequest` for data that is no base64.
pub fn encode(
    dialect: &ImageDialect,
    speaker: &Speaker,
    call: &Call,
    request: &ImageRequest,
    own: &[&str],
) -> Result<Encoded> {
    let mut warnings = Warnings::new(request.strict);
    check(dialect, request, &mut warnings)?;
    let given = Given::of(dialect, request)?;
    let overrides = Overrides::of(&request.provider_options, &[speaker.provider().as_str()], own)?;
    let streams = call.is_stream() && dialect.streams;
    let body = Body {
        dialect,
        call,
        request,
        overrides: &overrides,
        given,
        streams,
    };
    let bytes = serde_json::to_vec(&body).map_err(|error| {
        let message = format!("request is not representable: {error}");
        Error::new(ErrorKind::InvalidRequest, message)
    })?;
    let path = if request.images.is_empty() {
        dialect.path.as_ref()
    } else {
        dialect.edits_path.as_ref()
    };
    let http = match given {
        Given::Files => files(request, Form::of_object(&bytes)?)?.into_request(path)?,
        _ => HttpRequest::post_json(path, bytes),
    };
    let warnings = warnings.into_list();
    Ok(if streams {
        Encoded::new(call, http, warnings)
    } else {
        Encoded::whole(http, warnings)
    })
}

fn check(dialect: &ImageDialect, request: &ImageRequest, warnings: &mut Warnings) -> Result<()> {
    let set: [(&'static str, bool); 9] = [
        ("negative_prompt", request.negative_prompt.is_some()),
        ("n", request.n.is_some_and(|n| n > 1)),
        ("size", request.size.is_some()),
        ("aspect_ratio", request.aspect_ratio.is_some()),
        ("quality", request.quality.is_some()),
        ("background", request.background.is_some()),
        ("output_format", request.output_format.is_some()),
        ("seed", request.seed.is_some()),
        ("user", request.user.is_some()),
    ];
    for (name, _) in set
        .into_iter()
        .filter(|(name, is_set)| *is_set && !dialect.supports(name))
    {
        warnings.dropped(name, NOT_THERE)?;
    }
    if dialect.sides
        && request
            .size
            .as_deref()
            .is_some_and(|size| sides_of(size).is_none())
    {
        return Err(invalid("size", "must be WIDTHxHEIGHT at this vendor"));
    }
    match (dialect.delivery, request.delivery) {
        (DeliveryForm::Base64, Some(Delivery::Url)) => {
            warnings.dropped("delivery", "this vendor gives pictures by value only")
        }
        (DeliveryForm::Url, Some(Delivery::Base64)) => {
            warnings.dropped("delivery", "this vendor gives pictures by address only")
        }
        _ => Ok(()),
    }
}

/// How the pictures to start from go into the request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Given {
    /// There are none.
    Not,
    Files,
    /// `images: [{"image_url"} | {"file_id"}]`.
    Json,
    Urls,
    References,
    Image,
    /// `image_url: "…"`.
    ImageUrl,
}

impl Given {
    fn of(dialect: &ImageDialect, request: &ImageRequest) -> Result<Self> {
        if request.images.is_empty() {
            return match request.mask {
                Some(_) => Err(invalid("mask", "needs a picture that it lies on")),
                None => Ok(Self::Not),
            };
        }
        let by_value = |media: &Media| matches!(media.source, MediaSource::Base64(_));
        let given = match dialect.edits {
            EditForm::Files if request.images.iter().chain(&request.mask).all(by_value) => Self::Files,
            EditForm::Files => Self::Json,
            EditForm::Urls => Self::Urls,
            EditForm::References => Self::References,
            EditForm::Image => Self::Image,
            EditForm::ImageUrl if request.images.len() > 1 => {
                return Err(Error::unsupported("several pictures to start from"));
            }
            EditForm::ImageUrl => Self::ImageUrl,
            EditForm::None => return Err(Error::unsupported("changing pictures")),
        };
        if request.mask.is_some() && !(matches!(given, Self::Files | Self::Json) && dialect.supports("mask"))
        {
            return Err(Error::unsupported("a mask"));
        }
        for (at, media) in request.images.iter().enumerate() {
            match &media.source {
                MediaSource::Url(_) => {}
                MediaSource::Base64(_) if media.decode().is_some() => {}
                MediaSource::Base64(_) => {
                    return Err(invalid(&format!("images[{at}]"), "is not valid base64"));
                }
                MediaSource::File(_) if given == Self::Json => {}
                _ => return Err(Error::unsupported("a picture that is a file of the vendor's")),
            }
        }
        Ok(given)
    }
}

/// The form with the pictures as files.
fn files(request: &ImageRequest, mut form: Form) -> Result<Form> {
    // One is named as the vendor's own clients do.
    let name = if request.images.len() == 1 {
        "image"
    } else {
        "image[]"
    };
    let named = request.images.iter().map(|media| (name, media));
    for (name, media) in named.chain(request.mask.iter().map(|media| ("mask", media))) {
        let bytes = media
            .decode()
            .ok_or_else(|| invalid(name, "is not valid base64"))?;
        let kind = media.media_type.as_deref().or(media_type::of_bytes(&bytes));
        let file_name = match &media.name {
            Some(name) => name.to_string(),
            None => format!("image.{}", kind.and_then(media_type::format_of).unwrap_or("png")),
        };
        form.push_file(name, &file_name, kind, bytes);
    }
    Ok(form)
}

struct Body<'a> {
    dialect: &'a ImageDialect,
    call: &'a Call,
    request: &'a ImageRequest,
    overrides: &'a Overrides<'a>,
    given: Given,
    streams: bool,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let Self { dialect, request, .. } = self;
        let can = |name: &str| dialect.supports(name);
        let text = |name: &str, value: &'_ Option<Text>| value.clone().filter(|_| can(name));
        let mut body = Fields::new(serializer.serialize_map(None)?, self.overrides);
        body.field("model", &self.call.model)?;
        body.field("prompt", &request.prompt)?;
        self.pictures(&mut body)?;
        body.some(
            "negative_prompt",
            text("negative_prompt", &request.negative_prompt),
        )?;
        if let Some(n) = request.n.filter(|n| can("n") || *n == 1) {
            body.named(&dialect.count_field, &n)?;
        }
        if let Some(size) = text("size", &request.size) {
            match sides_of(&size).filter(|_| dialect.sides) {
                Some((width, height)) => {
                    body.field("width", &width)?;
                    body.field("height", &height)?;
                }
                None => body.named(&dialect.size_field, &size)?,
            }
        }
        body.some("aspect_ratio", text("aspect_ratio", &request.aspect_ratio))?;
        body.some("quality", text("quality", &request.quality))?;
        body.some("background", text("background", &request.background))?;
        body.some("output_format", text("output_format", &request.output_format))?;
        let delivery = request
            .delivery
            .filter(|_| dialect.delivery == DeliveryForm::Asked);
        body.some(
            "response_format",
            delivery.map(|delivery| match delivery {
                Delivery::Url => "url",
                _ => dialect.base64_word.as_ref(),
            }),
        )?;
        body.some("seed", request.seed.filter(|_| can("seed")))?;
        body.some("user", text("user", &request.user))?;
        if self.streams {
            body.field("stream", &true)?;
            body.some("partial_images", request.previews)?;
        }
        body.end(&request.extra, WIRE)
    }
}

impl Body<'_> {
    fn pictures<M: SerializeMap>(&self, body: &mut Fields<'_, M>) -> std::result::Result<(), M::Error> {
        let Self { given, request, .. } = *self;
        let picture = |media| Picture { media, given };
        let all = Seq(|| request.images.iter().map(picture));
        match (given, &request.images[..]) {
            (Given::Not | Given::Files, _) => Ok(()),
            (Given::Json, _) => {
                body.field("images", &all)?;
                body.some("mask", request.mask.as_ref().map(picture))
            }
            (Given::Urls, [only]) => body.field("image", &picture(only)),
            (Given::Urls, _) => body.field("images", &all),
            (Given::References, _) => body.field("input_references", &all),
            (Given::Image, [only]) => body.field("image", &picture(only)),
            (Given::ImageUrl, [only, ..]) => body.field("image_url", &picture(only)),
            (Given::ImageUrl, []) => Ok(()),
            (Given::Image, _) => body.field("image", &all),
        }
    }
}

/// A picture in JSON.
struct Picture<'a> {
    media: &'a Media,
    given: Given,
}

impl Serialize for Picture<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Url<'a> {
            url: &'a str,
        }
        let data = self.media.to_data_url();
        let url = match (&self.media.source, &data) {
            (MediaSource::Url(url), _) => url.as_str(),
            (_, data) => data.as_deref().unwrap_or_default(),
        };
        if matches!(self.given, Given::Image | Given::ImageUrl) {
            return serializer.serialize_str(url);
        }
        let mut map = serializer.serialize_map(None)?;
        match (self.given, &self.media.source) {
            (Given::Json, MediaSource::File(id)) => map.serialize_entry("file_id", id)?,
            (Given::Json, _) => map.serialize_entry("image_url", url)?,
            (Given::Urls, _) => {
                map.serialize_entry("type", "image_url")?;
                map.serialize_entry("url", url)?;
            }
            _ => {
                map.serialize_entry("type", "image_url")?;
                map.serialize_entry("image_url", &Url { url })?;
            }
        }
        extra_fields(&mut map, self.media.riders.extra(), WIRE)?;
        map.end()
    }
}
