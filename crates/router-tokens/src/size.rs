//! The size of a picture and the pages of a document, read off their first bytes.

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// The size of a PNG, GIF, JPEG or WebP picture, as far as its beginning tells.
pub(crate) fn size(bytes: &[u8]) -> Option<Size> {
    let found = if bytes.starts_with(b"\x89PNG") {
        Size {
            width: be32(bytes, 16)?,
            height: be32(bytes, 20)?,
        }
    } else if bytes.starts_with(b"GIF8") {
        Size {
            width: le16(bytes, 6)?,
            height: le16(bytes, 8)?,
        }
    } else if bytes.starts_with(b"\xff\xd8") {
        jpeg(bytes)?
    } else if bytes.get(8..12)? == b"WEBP" {
        webp(bytes)?
    } else {
        return None;
    };
    (found.width > 0 && found.height > 0).then_some(found)
}

fn be16(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(u16::from_be_bytes(
        bytes.get(at..at + 2)?.try_into().ok()?,
    )))
}

fn le16(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(u16::from_le_bytes(
        bytes.get(at..at + 2)?.try_into().ok()?,
    )))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// Goes from segment to segment to the one that opens the picture.
fn jpeg(bytes: &[u8]) -> Option<Size> {
    let mut at = 2;
    loop {
        let [0xff, marker] = *bytes.get(at..at + 2)? else {
            return None;
        };
        match marker {
            0xff => at += 1,
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                return Some(Size {
                    height: be16(bytes, at + 5)?,
                    width: be16(bytes, at + 7)?,
                });
            }
            0x01 | 0xd0..=0xd8 => at += 2,
            _ => at += 2 + be16(bytes, at + 2)? as usize,
        }
    }
}

fn webp(bytes: &[u8]) -> Option<Size> {
    match bytes.get(12..16)? {
        b"VP8 " => Some(Size {
            width: le16(bytes, 26)? & 0x3fff,
            height: le16(bytes, 28)? & 0x3fff,
        }),
        b"VP8L" => {
            let bits = u32::from_le_bytes(bytes.get(21..25)?.try_into().ok()?);
            Some(Size {
                width: (bits & 0x3fff) + 1,
                height: ((bits >> 14) & 0x3fff) + 1,
            })
        }
        b"VP8X" => Some(Size {
            width: (le16(bytes, 24)? | u32::from(*bytes.get(26)?) << 16) + 1,
            height: (le16(bytes, 27)? | u32::from(*bytes.get(29)?) << 16) + 1,
        }),
        _ => None,
    }
}

/// The pages of a PDF by the objects that are pages; at least one. Those of a compressed list are not seen.
pub(crate) fn pages(bytes: &[u8]) -> u64 {
    let mut pages = 0;
    let mut rest = bytes;
    while let Some(at) = rest.windows(5).position(|window| window == b"/Page") {
        let after = rest.get(at + 5);
        let before = rest[..at].trim_ascii_end();
        pages += u64::from(before.ends_with(b"/Type") && after != Some(&b's'));
        rest = &rest[at + 5..];
    }
    pages.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_off_headers() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x80\0\0\0\x40";
        assert_eq!(
            size(png),
            Some(Size {
                width: 128,
                height: 64
            })
        );
        assert_eq!(
            size(b"GIF89a\x0a\0\x14\0"),
            Some(Size {
                width: 10,
                height: 20
            })
        );
        let jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x11\x08\0\x20\0\x30\x03";
        assert_eq!(
            size(jpeg),
            Some(Size {
                width: 48,
                height: 32
            })
        );
        assert_eq!(size(&jpeg[..12]), None);
        assert_eq!(size(b"text"), None);
    }

    #[test]
    fn pages_are_objects_of_that_type() {
        assert_eq!(
            pages(b"<< /Type /Pages /Count 2 >> << /Type /Page >> <</Type/Page/X 1>>"),
            2
        );
        assert_eq!(pages(b"nothing"), 1);
    }
}
