//! Spoken text as a WAV file: a tone for each token, and the text itself beside the samples.

/// Samples a second, one channel of 16 bits.
pub(super) const RATE: u32 = 8000;

/// The file of these samples, with a text.
pub(super) fn wav(samples: &[u8], text: &str) -> Vec<u8> {
    let mut format = vec![1, 0, 1, 0];
    format.extend(RATE.to_le_bytes());
    format.extend((RATE * 2).to_le_bytes());
    format.extend([2, 0, 16, 0]);
    let mut said = b"INFO".to_vec();
    chunk(&mut said, b"ICMT", text.as_bytes());
    let mut body = b"WAVE".to_vec();
    chunk(&mut body, b"fmt ", &format);
    chunk(&mut body, b"LIST", &said);
    chunk(&mut body, b"data", samples);
    let mut file = Vec::with_capacity(body.len() + 8);
    chunk(&mut file, b"RIFF", &body);
    file
}

fn chunk(file: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    file.extend(name);
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    // Chunks begin at even places.
    if data.len() % 2 == 1 {
        file.push(0);
    }
}

/// What a WAV file tells: its length in seconds, and the text that was put beside its samples.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Told {
    pub(super) seconds: Option<f64>,
    pub(super) text: Option<String>,
}

pub(super) fn read(file: &[u8]) -> Told {
    let mut told = Told::default();
    let Some(body) = file
        .strip_prefix(b"RIFF")
        .and_then(|rest| rest.get(4..)?.strip_prefix(b"WAVE"))
    else {
        return told;
    };
    let mut rate = 0;
    for (name, data) in chunks(body) {
        match name {
            b"fmt " => {
                let bytes = data.get(8..12).and_then(|bytes| bytes.try_into().ok());
                rate = bytes.map_or(0, u32::from_le_bytes);
            }
            b"data" if rate > 0 => told.seconds = Some(data.len() as f64 / f64::from(rate)),
            b"LIST" => {
                let said = data.strip_prefix(b"INFO").into_iter().flat_map(chunks);
                let said = said.filter(|(name, _)| *name == b"ICMT").last();
                told.text = said.and_then(|(_, text)| String::from_utf8(text.to_vec()).ok());
            }
            _ => {}
        }
    }
    told
}

fn chunks(mut rest: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    std::iter::from_fn(move || {
        let (name, size) = (rest.get(..4)?, rest.get(4..8)?);
        let size = u32::from_le_bytes(size.try_into().ok()?) as usize;
        let data = rest.get(8..8 + size.min(rest.len() - 8))?;
        rest = rest.get(8 + size + size % 2..).unwrap_or_default();
        Some((name, data))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for text in ["Hello.", "Grüße", ""] {
            let file = wav(&[0; 1600], text);
            assert_eq!(
                read(&file),
                Told {
                    seconds: Some(0.1),
                    text: Some(text.to_owned())
                }
            );
            // A file that was cut tells less.
            for end in 0..file.len() {
                read(&file[..end]);
            }
        }
        assert_eq!(read(b"RIFF0000WAVE"), Told::default());
        assert_eq!(read(b"ID3"), Told::default());
    }
}
