//! An entry as bytes: JSON behind one byte that says how, compressed with LZ4 where it is long.

use crate::entry::Entry;

/// JSON as it is.
const PLAIN: u8 = 1;
/// JSON in LZ4, with its length in front.
const COMPRESSED: u8 = 2;

/// How entries are written and read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    compress_above: usize,
    /// Most bytes of the JSON that is read.
    most: usize,
}

impl Form {
    pub(super) fn new(compress_above: usize, max_entry_bytes: usize) -> Self {
        Self {
            compress_above,
            // JSON is longer than what it says: escapes, names of fields, base64.
            most: max_entry_bytes.saturating_mul(8).saturating_add(1 << 16),
        }
    }

    pub(super) fn write(&self, entry: &Entry) -> Option<Vec<u8>> {
        let json = serde_json::to_vec(entry).ok()?;
        let (form, body) = if json.len() > self.compress_above {
            (COMPRESSED, lz4_flex::compress_prepend_size(&json))
        } else {
            (PLAIN, json)
        };
        let mut bytes = Vec::with_capacity(body.len() + 1);
        bytes.push(form);
        bytes.extend_from_slice(&body);
        Some(bytes)
    }

    /// The entry; `None` for what another version wrote, or is broken.
    pub(super) fn read(&self, bytes: &[u8]) -> Option<Entry> {
        match bytes.split_first()? {
            (&PLAIN, json) => serde_json::from_slice(json).ok(),
            (&COMPRESSED, packed) => {
                let (length, _) = packed.split_first_chunk::<4>()?;
                if u32::from_le_bytes(*length) as usize > self.most {
                    return None;
                }
                let json = lz4_flex::decompress_size_prepended(packed).ok()?;
                serde_json::from_slice(&json).ok()
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use router_core::{ChatResponse, Head};

    use super::*;

    fn entry(words: usize) -> Entry {
        let answer = ChatResponse::text_answer("a word ".repeat(words));
        Entry::full(&Head::default(), answer.into(), Duration::from_secs(60))
    }

    #[test]
    fn long_answers_are_compressed_and_all_come_back() {
        let form = Form::new(1024, 1 << 20);
        for (words, first, most) in [(1, PLAIN, 400), (10_000, COMPRESSED, 2_000)] {
            let entry = entry(words);
            let bytes = form.write(&entry).expect("JSON");
            assert_eq!(bytes[0], first);
            assert!(bytes.len() < most, "{}", bytes.len());
            assert_eq!(form.read(&bytes).expect("an entry").output(), entry.output());
        }
    }

    #[test]
    fn what_is_broken_or_too_large_is_nothing() {
        let form = Form::new(1024, 1 << 10);
        let large = Form::new(0, 1 << 20).write(&entry(100_000)).expect("JSON");
        assert!(form.read(&large).is_none(), "more than an entry can be");
        let good = Form::new(1024, 1 << 20).write(&entry(1_000)).expect("JSON");
        for cut in 0..good.len() {
            assert!(form.read(&good[..cut]).is_none(), "cut at {cut}");
        }
        assert!(form.read(&[9, 1, 2, 3]).is_none(), "of another version");
        assert!(form.read(&[COMPRESSED, 255, 255, 255, 255, 0]).is_none());
    }
}
