//! Pictures as a server sees them: from text, and from pictures.

use bytes::{Bytes, BytesMut};
use http::Method;
use router_core::content::{MediaKind, MediaSource};
use router_core::image::{Delivery, GeneratedImage, ImageRequest, ImageResponse};
use router_core::{
    Error, ErrorKind, Extra, Head, Media, Mode, ModelId, Operation, Output, Result, StreamEvent, Text, Usage,
};
use router_wire::multipart::{File, Form};
use router_wire::object::{Object, invalid, is_string};
use router_wire::server::{Ingress, ReplyEncoder, ServerCodec};
use router_wire::write::{Seq, extra_fields};
use router_wire::{HttpRequest, HttpResponse, media_type};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use super::WIRE;
use crate::error::error_response;
use crate::reply::{another, error_event, event, events_head, json};
use crate::stamp::seconds;

/// `POST /v1/images/generations`.
#[derive(Clone, Copy, Debug)]
pub struct Generations;

impl ServerCodec for Generations {
    fn name(&self) -> &'static str {
        "openai.images.generations"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::POST && path.ends_with("/images/generations")
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        of_json(&request.body, false)
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}

/// `POST /v1/images/edits`, as a form or as JSON.
#[derive(Clone, Copy, Debug)]
pub struct Edits;

impl ServerCodec for Edits {
    fn name(&self) -> &'static str {
        "openai.images.edits"
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        *method == Method::POST && path.ends_with("/images/edits")
    }

    fn decode(&self, request: &HttpRequest) -> Result<Ingress> {
        if Form::is_in(request) {
            of_form(Form::read(request)?)
        } else {
            of_json(&request.body, true)
        }
    }

    fn error(&self, error: &Error) -> HttpResponse {
        error_response(error)
    }
}

fn of_json(body: &[u8], edit: bool) -> Result<Ingress> {
    let mut body = Object::parse(body)?;
    let model = body.required_text("model")?;
    let mut image = ImageRequest::new(body.required_text("prompt")?);
    if edit {
        for (at, raw) in body.list("images")?.into_iter().enumerate() {
            image.images.push(reference(raw, &format!("images[{at}]"))?);
        }
        if let Some(raw) = body.take("image") {
            image.images.push(reference(raw, "image")?);
        }
        image.mask = body.take("mask").map(|raw| reference(raw, "mask")).transpose()?;
    }
    image.n = body.read("n")?;
    image.previews = body.read("partial_images")?;
    image.seed = body.read("seed")?;
    let stream = body.read::<bool>("stream")?.unwrap_or(false);
    let mut text = |name: &str| body.text(name);
    image.size = text("size")?;
    image.quality = text("quality")?;
    image.background = text("background")?;
    image.output_format = text("output_format")?;
    image.aspect_ratio = text("aspect_ratio")?;
    image.negative_prompt = text("negative_prompt")?;
    image.user = text("user")?;
    image.delivery = delivery(text("response_format")?)?;
    image.extra = body.rest(WIRE);
    ingress(model, image, stream, edit)
}

fn of_form(mut form: Form) -> Result<Ingress> {
    let model = form.required_text("model")?;
    let mut image = ImageRequest::new(form.required_text("prompt")?);
    for (file, data) in form.files("image")? {
        image.images.push(picture(file, &data, "image")?);
    }
    if let Some((file, data)) = form.files("mask")?.pop() {
        image.mask = Some(picture(file, &data, "mask")?);
    }
    image.n = form.parsed("n")?;
    image.previews = form.parsed("partial_images")?;
    image.seed = form.parsed("seed")?;
    let stream = form.parsed::<bool>("stream")?.unwrap_or(false);
    let mut text = |name: &str| form.text(name);
    image.size = text("size")?;
    image.quality = text("quality")?;
    image.background = text("background")?;
    image.output_format = text("output_format")?;
    image.aspect_ratio = text("aspect_ratio")?;
    image.negative_prompt = text("negative_prompt")?;
    image.user = text("user")?;
    image.delivery = delivery(text("response_format")?)?;
    image.extra = form.rest(WIRE)?;
    ingress(model, image, stream, true)
}

fn ingress(model: Text, image: ImageRequest, stream: bool, edit: bool) -> Result<Ingress> {
    if edit && image.images.is_empty() {
        return Err(invalid("image", "is required"));
    }
    if image.n == Some(0) {
        return Err(invalid("n", "must be at least 1"));
    }
    let mode = if stream { Mode::Stream } else { Mode::Full };
    let encoder = Encoder {
        edit,
        size: image.size.clone(),
        quality: image.quality.clone(),
        background: image.background.clone(),
        created: 0,
        waiting: None,
    };
    Ok(Ingress::new(
        ModelId::from(model),
        Operation::from(image),
        mode,
        encoder,
    ))
}

fn delivery(word: Option<Text>) -> Result<Option<Delivery>> {
    match word.as_deref() {
        None => Ok(None),
        // Together's word for it.
        Some("b64_json" | "base64") => Ok(Some(Delivery::Base64)),
        Some("url") => Ok(Some(Delivery::Url)),
        Some(_) => Err(invalid("response_format", "must be b64_json or url")),
    }
}

/// A file of a form.
fn picture(file: File, data: &Bytes, name: &str) -> Result<Media> {
    if data.is_empty() {
        return Err(invalid(name, "is empty"));
    }
    let named = file.media_type.filter(|kind| kind.starts_with("image/"));
    let kind = match named {
        Some(kind) => Text::from(kind),
        None => Text::from_static(
            media_type::of_bytes(data)
                .or_else(|| media_type::of_name(&file.name))
                .unwrap_or("application/octet-stream"),
        ),
    };
    let media = Media::bytes(MediaKind::Image, kind, data);
    Ok(match file.name.as_str() {
        "" => media,
        name => media.with_name(name),
    })
}

/// A picture in JSON: an address, `{"image_url"}`, `{"file_id"}` or `{"url"}`.
fn reference(raw: &RawValue, path: &str) -> Result<Media> {
    let mut extra = Extra::new();
    let url: Text = if is_string(raw) {
        serde_json::from_str(raw.get()).map_err(|error| invalid(path, &error.to_string()))?
    } else {
        let mut fields = Object::of(raw, path)?;
        if let Some(id) = fields.text("file_id")? {
            let mut media = Media::new(MediaKind::Image, MediaSource::File(id));
            media.riders.set_extra(fields.rest(WIRE));
            return Ok(media);
        }
        let url = match fields.text("image_url")? {
            Some(url) => Some(url),
            None => fields.text("url")?,
        };
        fields.take("type");
        extra = fields.rest(WIRE);
        url.ok_or_else(|| invalid(path, "needs image_url or file_id"))?
    };
    let mut media = match Media::from_data_url(MediaKind::Image, &url) {
        Some(media) if media.decode().is_some() => media,
        Some(_) => return Err(invalid(path, "is not valid base64")),
        None if url.starts_with("data:") => return Err(invalid(path, "is not a base64 data URL")),
        None => Media::image_url(url),
    };
    media.riders.set_extra(extra);
    Ok(media)
}

/// Writes pictures, and the events that they come in.
struct Encoder {
    edit: bool,
    size: Option<Text>,
    quality: Option<Text>,
    background: Option<Text>,
    created: i64,
    /// The picture that came last: what it cost is told at the end.
    waiting: Option<Box<GeneratedImage>>,
}

impl Encoder {
    fn write(&self, preview: Option<u32>, image: &GeneratedImage, usage: Option<&Usage>, out: &mut BytesMut) {
        let kind = match (self.edit, preview) {
            (false, Some(_)) => "image_generation.partial_image",
            (false, None) => "image_generation.completed",
            (true, Some(_)) => "image_edit.partial_image",
            (true, None) => "image_edit.completed",
        };
        let body = Event {
            kind,
            encoder: self,
            preview,
            image,
            usage,
        };
        event(Some(kind), &body, out);
    }

    fn flush(&mut self, usage: Option<&Usage>, out: &mut BytesMut) {
        if let Some(image) = self.waiting.take() {
            self.write(None, &image, usage, out);
        }
    }
}

impl ReplyEncoder for Encoder {
    fn full(&mut self, _head: &Head, output: &Output) -> Result<HttpResponse> {
        match output {
            Output::GenerateImage(answer) if none_left(answer) => Ok(error_response(&filtered())),
            Output::GenerateImage(answer) => json(&Answer(answer)),
            _ => Err(another("pictures")),
        }
    }

    fn stream_head(&mut self, _head: &Head) -> HttpResponse {
        events_head()
    }

    fn event(&mut self, event: &StreamEvent, out: &mut BytesMut) {
        match event {
            StreamEvent::Start(start) => self.created = start.created.unwrap_or_else(seconds),
            StreamEvent::Image {
                preview: preview @ Some(_),
                image,
                ..
            } => self.write(*preview, image, None, out),
            StreamEvent::Image { image, .. } => {
                self.flush(None, out);
                self.waiting = Some(image.clone());
            }
            StreamEvent::Output(output) => {
                if let Output::GenerateImage(answer) = &**output {
                    if none_left(answer) {
                        error_event(&filtered(), out);
                    }
                    for image in &answer.images {
                        self.flush(None, out);
                        self.waiting = Some(Box::new(image.clone()));
                    }
                }
            }
            StreamEvent::Finish(finish) => self.flush(finish.usage.as_ref(), out),
            _ => {}
        }
    }

    fn stream_error(&mut self, error: &Error, out: &mut BytesMut) {
        self.flush(None, out);
        error_event(error, out);
    }
}

/// Whether a filter removed all pictures, for which this wire has an error alone.
fn none_left(answer: &ImageResponse) -> bool {
    answer.images.is_empty() && answer.filtered > 0
}

fn filtered() -> Error {
    Error::new(ErrorKind::ContentFiltered, "the vendor's filter left no picture")
}

struct Answer<'a>(&'a ImageResponse);

impl Serialize for Answer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let answer = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("created", &answer.created.unwrap_or_else(seconds))?;
        map.serialize_entry("data", &Seq(|| answer.images.iter().map(Row)))?;
        if let Some(model) = &answer.model {
            map.serialize_entry("model", model)?;
        }
        if let Some(usage) = &answer.usage {
            map.serialize_entry("usage", &WireUsage(usage))?;
        }
        extra_fields(&mut map, &answer.extra, WIRE)?;
        map.end()
    }
}

struct Row<'a>(&'a GeneratedImage);

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let media = &self.0.media;
        let mut map = serializer.serialize_map(None)?;
        match &media.source {
            MediaSource::Url(url) | MediaSource::File(url) => map.serialize_entry("url", url)?,
            MediaSource::Base64(data) | MediaSource::Text(data) => map.serialize_entry("b64_json", data)?,
            _ => {}
        }
        if let Some(prompt) = &self.0.revised_prompt {
            map.serialize_entry("revised_prompt", prompt)?;
        }
        extra_fields(&mut map, media.riders.extra(), WIRE)?;
        map.end()
    }
}

struct Event<'a> {
    kind: &'static str,
    encoder: &'a Encoder,
    preview: Option<u32>,
    image: &'a GeneratedImage,
    usage: Option<&'a Usage>,
}

impl Serialize for Event<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let media = &self.image.media;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", self.kind)?;
        match &media.source {
            MediaSource::Base64(data) => map.serialize_entry("b64_json", data)?,
            MediaSource::Url(url) => map.serialize_entry("url", url)?,
            _ => {}
        }
        map.serialize_entry("created_at", &self.encoder.created)?;
        map.serialize_entry("size", self.encoder.size.as_deref().unwrap_or("auto"))?;
        map.serialize_entry("quality", self.encoder.quality.as_deref().unwrap_or("auto"))?;
        map.serialize_entry("background", self.encoder.background.as_deref().unwrap_or("auto"))?;
        let format = media.media_type.as_deref().and_then(media_type::format_of);
        map.serialize_entry("output_format", format.unwrap_or("png"))?;
        if let Some(preview) = self.preview {
            map.serialize_entry("partial_image_index", &preview)?;
        }
        if let Some(usage) = self.usage {
            map.serialize_entry("usage", &WireUsage(usage))?;
        }
        map.end()
    }
}

struct WireUsage<'a>(&'a Usage);

impl Serialize for WireUsage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Details {
            text_tokens: u64,
            image_tokens: u64,
        }
        let details = |all: u64, images: Option<u64>| {
            let image_tokens = images.unwrap_or(0);
            Details {
                text_tokens: all.saturating_sub(image_tokens),
                image_tokens,
            }
        };
        let usage = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("input_tokens", &usage.input_tokens)?;
        map.serialize_entry("output_tokens", &usage.output_tokens)?;
        map.serialize_entry("total_tokens", &usage.total_tokens())?;
        map.serialize_entry(
            "input_tokens_details",
            &details(usage.input_tokens, usage.image_input_tokens),
        )?;
        if usage.image_output_tokens.is_some() {
            map.serialize_entry(
                "output_tokens_details",
                &details(usage.output_tokens, usage.image_output_tokens),
            )?;
        }
        map.end()
    }
}
