//! Pictures: of one colour, which the prompt chooses.

use router_core::chat::Usage;
use router_core::image::{GeneratedImage, ImageRequest, ImageResponse};
use router_core::{Media, ModelId, Result};

use super::png::png;
use crate::answer::CREATED;
use crate::conversation::invalid;
use crate::signature::fnv;
use crate::tokens;

/// Width and height when none are asked for.
const SIDE: u32 = 64;

/// The largest width and height.
const MOST: u32 = 2048;

/// Tokens that a picture counts, made or given.
const TOKENS: u64 = 16;

/// Makes pictures.
pub(crate) fn picture(model: &ModelId, request: &ImageRequest) -> Result<ImageResponse> {
    if request.prompt.trim().is_empty() {
        return Err(invalid("prompt: a picture needs a prompt"));
    }
    let count = request.n.unwrap_or(1);
    if !(1..=10).contains(&count) {
        return Err(invalid(format!("n: expected 1 to 10, got {count}")));
    }
    if let Some(format) = request.output_format.as_ref().filter(|format| *format != "png") {
        return Err(invalid(format!(
            "output_format: the simulated vendor makes png, got {format}"
        )));
    }
    for (at, media) in request.images.iter().chain(&request.mask).enumerate() {
        if media.to_data_url().is_some() && media.decode().is_none() {
            return Err(invalid(format!("image[{at}]: invalid base64 data")));
        }
    }
    let (width, height) = size(request.size.as_deref().unwrap_or("auto"))?;
    let one = |index| GeneratedImage::from(one(request, index, width, height));
    let mut answer = ImageResponse::new((0..count).map(one));
    answer.created = Some(CREATED);
    answer.model = Some(model.text().clone());
    let given = request.images.len() as u64 * TOKENS;
    let mut usage = Usage::new(
        tokens::count(&request.prompt).max(1) + given,
        u64::from(count) * TOKENS,
    );
    usage.image_input_tokens = Some(given);
    usage.image_output_tokens = Some(usage.output_tokens);
    answer.usage = Some(usage);
    Ok(answer)
}

fn one(request: &ImageRequest, index: u32, width: u32, height: u32) -> Media {
    let hash = fnv(format!("{index}:{}", request.prompt).as_bytes()).to_be_bytes();
    Media::image_bytes("image/png", &png(width, height, [hash[5], hash[6], hash[7]]))
}

fn size(word: &str) -> Result<(u32, u32)> {
    if word == "auto" {
        return Ok((SIDE, SIDE));
    }
    word.split_once('x')
        .and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)))
        .filter(|(width, height)| (1..=MOST).contains(width) && (1..=MOST).contains(height))
        .ok_or_else(|| {
            invalid(format!(
                "size: expected auto or WIDTHxHEIGHT of at most {MOST}, got {word}"
            ))
        })
}
