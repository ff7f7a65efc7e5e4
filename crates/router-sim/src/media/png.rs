//! A picture of one colour as a PNG file: a palette of one entry, a bit for each pixel, nothing compressed.

/// Most bytes of a block that is stored as it is.
const BLOCK: usize = 0xFFFF;

/// A picture of one colour.
pub(super) fn png(width: u32, height: u32, colour: [u8; 3]) -> Vec<u8> {
    let mut header = Vec::new();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    // One bit a pixel, by palette, no other choices.
    header.extend([1, 3, 0, 0, 0]);
    let row = 1 + width.div_ceil(8) as usize;
    let rows = vec![0; row * height as usize];
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut file, b"IHDR", &header);
    chunk(&mut file, b"PLTE", &colour);
    chunk(&mut file, b"IDAT", &zlib(&rows));
    chunk(&mut file, b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    let mut sum = crc32fast::Hasher::new();
    sum.update(name);
    sum.update(data);
    file.extend((data.len() as u32).to_be_bytes());
    file.extend(name);
    file.extend(data);
    file.extend(sum.finalize().to_be_bytes());
}

/// Data in stored blocks.
fn zlib(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let mut blocks = data.chunks(BLOCK).peekable();
    while let Some(block) = blocks.next() {
        let size = block.len() as u16;
        out.push(u8::from(blocks.peek().is_none()));
        out.extend(size.to_le_bytes());
        out.extend((!size).to_le_bytes());
        out.extend(block);
    }
    out.extend(adler(data).to_be_bytes());
    out
}

fn adler(data: &[u8]) -> u32 {
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in data {
        low = (low + u32::from(*byte)) % 65_521;
        high = (high + low) % 65_521;
    }
    high << 16 | low
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checked against what another encoder makes of a picture of one pixel.
    #[test]
    fn one_pixel() {
        let file = png(1, 1, [255, 0, 0]);
        let expected = [
            &b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x01\x03\x00\x00\x00\x25\xdb\x56\xca"[..],
            b"\x00\x00\x00\x03PLTE\xff\x00\x00\x19\xe2\x09\x37",
            b"\x00\x00\x00\x0dIDAT\x78\x01\x01\x02\x00\xfd\xff\x00\x00\x00\x02\x00\x01",
        ]
        .concat();
        assert_eq!(&file[..expected.len()], expected);
        assert!(file.ends_with(b"IEND\xae\x42\x60\x82"));
    }

    #[test]
    fn sums() {
        assert_eq!(adler(b"Wikipedia"), 0x11E6_0398);
        // More than one block.
        let file = png(1024, 1024, [0, 0, 0]);
        assert!(file.len() > 2 * BLOCK);
    }
}
