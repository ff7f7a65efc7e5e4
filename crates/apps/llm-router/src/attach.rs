//! Attachments of a chat: files by their content, and addresses.

use llm_api_router::Media;
use llm_api_router::content::MediaKind;

use crate::failure::Failure;

/// An image or document from a path or an address.
pub(crate) fn attach(source: &str) -> Result<Media, Failure> {
    if source.starts_with("http://") || source.starts_with("https://") {
        return Ok(Media::image_url(source));
    }
    let bytes =
        std::fs::read(source).map_err(|error| Failure::Usage(format!("attachment {source}: {error}")))?;
    let Some((kind, media_type)) = kind_of(&bytes) else {
        return Err(Failure::Usage(format!(
            "attachment {source}: not a PNG, JPEG, GIF, WebP or PDF file"
        )));
    };
    let media = Media::bytes(kind, media_type, &bytes);
    Ok(match std::path::Path::new(source).file_name() {
        Some(name) => media.with_name(name.to_string_lossy().into_owned()),
        None => media,
    })
}

/// What a file is, by its first bytes.
fn kind_of(bytes: &[u8]) -> Option<(MediaKind, &'static str)> {
    Some(match bytes {
        [0x89, b'P', b'N', b'G', ..] => (MediaKind::Image, "image/png"),
        [0xFF, 0xD8, 0xFF, ..] => (MediaKind::Image, "image/jpeg"),
        [b'G', b'I', b'F', b'8', ..] => (MediaKind::Image, "image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => (MediaKind::Image, "image/webp"),
        [b'%', b'P', b'D', b'F', ..] => (MediaKind::Document, "application/pdf"),
        _ => return None,
    })
}
