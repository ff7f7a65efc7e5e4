//! Formats of files: the word that vendors use for one, and its MIME type.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Words and MIME types, the first of several being the usual one.
const FORMATS: &[(&str, &str)] = &[
    ("mp3", "audio/mpeg"),
    ("mp3", "audio/mp3"),
    ("mpga", "audio/mpeg"),
    ("wav", "audio/wav"),
    ("wav", "audio/x-wav"),
    ("wav", "audio/wave"),
    ("wav", "audio/vnd.wave"),
    ("opus", "audio/ogg"),
    ("opus", "audio/opus"),
    ("ogg", "audio/ogg"),
    ("aac", "audio/aac"),
    ("flac", "audio/flac"),
    ("flac", "audio/x-flac"),
    ("pcm", "audio/pcm"),
    ("pcm", "audio/l16"),
    ("pcm16", "audio/pcm"),
    ("m4a", "audio/mp4"),
    ("m4a", "audio/x-m4a"),
    ("m4a", "audio/m4a"),
    ("webm", "audio/webm"),
    ("mp4", "video/mp4"),
    ("mpeg", "video/mpeg"),
    ("webm", "video/webm"),
    ("png", "image/png"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("jpg", "image/jpg"),
    ("webp", "image/webp"),
    ("gif", "image/gif"),
    ("svg", "image/svg+xml"),
    ("pdf", "application/pdf"),
    ("txt", "text/plain"),
];

/// The MIME type of a format or of a file name's end: `mp3`, `png`.
#[must_use]
pub fn of_format(format: &str) -> Option<&'static str> {
    FORMATS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(format))
        .map(|(_, media_type)| *media_type)
}

/// The MIME type that a file's name ends in.
#[must_use]
pub fn of_name(name: &str) -> Option<&'static str> {
    name.rsplit_once('.').and_then(|(_, end)| of_format(end))
}

/// The format of a MIME type, which is also the end of a file's name; parameters of the type are let pass.
#[must_use]
pub fn format_of(media_type: &str) -> Option<&'static str> {
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    FORMATS
        .iter()
        .find(|(_, known)| known.eq_ignore_ascii_case(media_type))
        .map(|(format, _)| *format)
}

/// The MIME type of a file by its first bytes.
#[must_use]
pub fn of_bytes(bytes: &[u8]) -> Option<&'static str> {
    const HEADS: &[(&[u8], &str)] = &[
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xFF\xD8\xFF", "image/jpeg"),
        (b"GIF8", "image/gif"),
        (b"ID3", "audio/mpeg"),
        (b"OggS", "audio/ogg"),
        (b"fLaC", "audio/flac"),
        (b"\x1A\x45\xDF\xA3", "video/webm"),
        (b"%PDF", "application/pdf"),
    ];
    if let Some((_, media_type)) = HEADS.iter().find(|(head, _)| bytes.starts_with(head)) {
        return Some(media_type);
    }
    match (bytes.get(..4)?, bytes.get(8..12)) {
        (b"RIFF", Some(b"WAVE")) => Some("audio/wav"),
        (b"RIFF", Some(b"WEBP")) => Some("image/webp"),
        // A frame of MPEG audio begins with eleven ones; without layer bits it is AAC.
        ([0xFF, second, ..], _) if second & 0xF6 == 0xF0 => Some("audio/aac"),
        ([0xFF, second, ..], _) if second & 0xE0 == 0xE0 => Some("audio/mpeg"),
        _ => None,
    }
}

/// The MIME type of a file in base64, of which its first bytes are enough.
#[must_use]
pub fn of_base64(data: &str) -> Option<&'static str> {
    let head = STANDARD.decode(data.get(..16).unwrap_or(data)).ok()?;
    of_bytes(&head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_and_types() {
        for format in ["mp3", "wav", "opus", "aac", "flac", "pcm", "png", "jpeg", "webp"] {
            let media_type = of_format(format).unwrap();
            assert_eq!(format_of(media_type), Some(format));
        }
        assert_eq!(format_of("audio/X-WAV; rate=8000"), Some("wav"));
        assert_eq!(of_name("a.b.MP3"), Some("audio/mpeg"));
        assert_eq!((of_name("mp3"), format_of("text/html")), (None, None));
    }

    #[test]
    fn first_bytes() {
        assert_eq!(of_bytes(b"RIFF\x24\0\0\0WAVEfmt "), Some("audio/wav"));
        assert_eq!(of_bytes(b"RIFF\x24\0\0\0WEBPVP8 "), Some("image/webp"));
        assert_eq!(of_bytes(b"\xFF\xF3\x64\xC4"), Some("audio/mpeg"));
        assert_eq!(of_bytes(b"\xFF\xF1\x50\x80"), Some("audio/aac"));
        assert_eq!(of_bytes(b"{\"a\""), None);
        assert_eq!(of_bytes(b""), None);
        assert_eq!(of_base64("iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB"), Some("image/png"));
        assert_eq!(of_base64("/9j/"), Some("image/jpeg"));
        assert_eq!((of_base64("no base64 at all"), of_base64("")), (None, None));
    }
}
