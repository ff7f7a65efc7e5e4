//! What pictures, documents, sound and film cost, by the rules that vendors publish.

use base64::Engine as _;
use router_core::Media;
use router_core::content::{MediaKind, MediaSource};

use crate::family::Family;
use crate::size::{Size, pages, size};

/// Taken for a picture whose size is not at hand: one given by address.
const UNSEEN: Size = Size {
    width: 1024,
    height: 1024,
};
/// Of base64, as much as holds the size of a picture.
const HEAD: usize = 256 * 1024;

/// Tokens of media; `text` counts a document that is text.
pub(crate) fn tokens(family: Family, model: &str, media: &Media, text: impl Fn(&str) -> u64) -> u64 {
    if let MediaSource::Text(document) = &media.source {
        return text(document);
    }
    match media.kind {
        MediaKind::Image => {
            let size = head(media).and_then(|bytes| size(&bytes)).unwrap_or(UNSEEN);
            picture(family, model, size, media.detail.as_deref())
        }
        MediaKind::Document => {
            let pages = media.decode().map_or(3, |bytes| pages(&bytes));
            pages * page(family)
        }
        MediaKind::Audio => seconds(media, 16_000) * sound(family),
        MediaKind::Video => seconds(media, 250_000) * 290,
        _ => 1000,
    }
}

/// The beginning of media held by value.
fn head(media: &Media) -> Option<Vec<u8>> {
    let MediaSource::Base64(data) = &media.source else {
        return None;
    };
    // Whole groups of four only, so that a cut one can be decoded.
    let end = data.len().min(HEAD) / 4 * 4;
    base64::engine::general_purpose::STANDARD_NO_PAD
        .decode(data.get(..end)?.trim_end_matches('='))
        .ok()
}

/// How long media may be, by how many bytes a second usually has.
fn seconds(media: &Media, rate: u64) -> u64 {
    match &media.source {
        MediaSource::Base64(data) => (data.len() as u64 * 3 / 4).div_ceil(rate).max(1),
        _ => 30,
    }
}

fn sound(family: Family) -> u64 {
    match family {
        Family::Gpt4 | Family::Gpt4o | Family::Gpt5 => 10,
        _ => 32,
    }
}

/// A page is read as text and looked at as a picture, but by Gemini, which only looks at it.
fn page(family: Family) -> u64 {
    match family {
        Family::Gemini => 258,
        Family::Claude | Family::Claude5 => 2100,
        _ => 1300,
    }
}

fn picture(family: Family, model: &str, size: Size, detail: Option<&str>) -> u64 {
    match family {
        Family::Gpt4 | Family::Gpt4o | Family::Gpt5 | Family::GptOss => {
            openai(model, size, detail == Some("low"))
        }
        Family::Claude | Family::Claude5 => anthropic(size),
        Family::Gemini => gemini(model, size),
        // Most open models see patches of 28 pixels.
        _ => (u64::from(size.width).div_ceil(28) * u64::from(size.height).div_ceil(28)).clamp(4, 4096),
    }
}

/// OpenAI counts tiles of 512 pixels, and with small newer models patches of 32.
fn openai(model: &str, size: Size, low: bool) -> u64 {
    let patches = [
        ("gpt-4.1-mini", 1620),
        ("gpt-4.1-nano", 2460),
        ("gpt-5-mini", 1620),
        ("gpt-5-nano", 2460),
        ("o4-mini", 1720),
    ];
    if let Some((_, share)) = patches.iter().find(|(name, _)| model.contains(name)) {
        return patches_of_32(size) * share / 1000;
    }
    let (base, tile) = match model {
        model if model.contains("4o-mini") => (2833, 5667),
        model if model.contains("gpt-5") => (70, 140),
        model if model.contains("o1") || model.contains("o3") => (75, 150),
        _ => (85, 170),
    };
    if low {
        return base;
    }
    let (mut width, mut height) = (f64::from(size.width), f64::from(size.height));
    let shrink = |width: &mut f64, height: &mut f64, by: f64| {
        if by < 1.0 {
            *width *= by;
            *height *= by;
        }
    };
    let by = 2048.0 / width.max(height);
    shrink(&mut width, &mut height, by);
    let by = 768.0 / width.min(height);
    shrink(&mut width, &mut height, by);
    base + tile * ((width / 512.0).ceil() * (height / 512.0).ceil()) as u64
}

fn patches_of_32(size: Size) -> u64 {
    const MOST: f64 = 1536.0;
    let (width, height) = (f64::from(size.width), f64::from(size.height));
    let patches = |width: f64, height: f64| (width / 32.0).ceil() * (height / 32.0).ceil();
    if patches(width, height) <= MOST {
        return patches(width, height) as u64;
    }
    // Shrunk so that the patches fit, and a little more so that whole ones fill one of the sides.
    let by = (32.0 * 32.0 * MOST / (width * height)).sqrt();
    let (across, down) = (width * by / 32.0, height * by / 32.0);
    let by = by * (across.floor() / across).min(down.floor() / down);
    patches(width * by, height * by).min(MOST) as u64
}

/// Anthropic counts a token for 750 pixels, after a picture was shrunk to 1568 on its longer side.
fn anthropic(size: Size) -> u64 {
    let (width, height) = (f64::from(size.width), f64::from(size.height));
    let by = (1568.0 / width.max(height)).min(1.0);
    ((width * by * height * by / 750.0).ceil() as u64).min(1600)
}

/// Google counts 258 tokens for a small picture and for each tile of a larger one; from Gemini 3 on, a fixed number.
fn gemini(model: &str, size: Size) -> u64 {
    if model.contains("gemini-3") || model.contains("gemini-4") {
        return 1120;
    }
    if size.width <= 384 && size.height <= 384 {
        return 258;
    }
    let unit = (f64::from(size.width.min(size.height)) / 1.5)
        .floor()
        .clamp(256.0, 768.0);
    let tiles = (f64::from(size.width) / unit).ceil() * (f64::from(size.height) / unit).ceil();
    258 * tiles as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn of(width: u32, height: u32) -> Size {
        Size { width, height }
    }

    #[test]
    fn tiles_are_counted_as_published() {
        assert_eq!(openai("gpt-4o", of(1024, 1024), false), 765);
        assert_eq!(openai("gpt-4o", of(2048, 4096), false), 1105);
        assert_eq!(openai("gpt-4o", of(4096, 8192), true), 85);
        assert_eq!(openai("gpt-4-vision-preview", of(2560, 1440), false), 1105);
    }

    #[test]
    fn patches_are_counted_as_published() {
        assert_eq!(patches_of_32(of(1024, 1024)), 1024);
        assert_eq!(patches_of_32(of(1800, 2400)), 1452);
    }

    #[test]
    fn other_vendors_count_pixels_and_tiles() {
        assert_eq!(anthropic(of(200, 200)), 54);
        assert_eq!(anthropic(of(1000, 1000)), 1334);
        assert_eq!(anthropic(of(8000, 8000)), 1600);
        assert_eq!(gemini("gemini-2.5-flash", of(128, 128)), 258);
        assert_eq!(gemini("gemini-2.5-flash", of(960, 540)), 258 * 6);
    }
}
