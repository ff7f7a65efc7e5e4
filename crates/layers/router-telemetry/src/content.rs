//! What was asked and answered, made fit to be written down: keys masked, files replaced, cut.

use router_core::secret::mask_secrets;
use router_core::{Operation, Output, StreamEvent};

/// Characters in a row that are taken for a file in base64.
const FILE_CHARS: usize = 256;

/// A request.
pub(crate) fn asked(operation: &Operation, most: usize) -> String {
    serde_json::to_string(operation).map_or_else(|_| String::new(), |text| fit(&text, most))
}

/// A whole answer.
pub(crate) fn answered(output: &Output, most: usize) -> String {
    serde_json::to_string(output).map_or_else(|_| String::new(), |text| fit(&text, most))
}

/// What is said in a stream, as it comes.
pub(crate) struct Heard {
    text: String,
    most: usize,
}

impl Heard {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            text: String::new(),
            most,
        }
    }

    pub(crate) fn hear(&mut self, event: &StreamEvent) {
        let piece = match event {
            StreamEvent::TextDelta { text, .. }
            | StreamEvent::ReasoningDelta { text, .. }
            | StreamEvent::RefusalDelta { text, .. } => text,
            StreamEvent::ToolCallStart(start) => &start.name,
            StreamEvent::ToolCallDelta { arguments, .. } => arguments,
            _ => return,
        };
        // A little more than is kept, so that a key at the cut is seen whole.
        if self.text.len() < self.most.saturating_add(FILE_CHARS) {
            self.text.push_str(piece);
        }
    }

    pub(crate) fn text(&self) -> String {
        fit(&self.text, self.most)
    }
}

/// A text as it may be written down.
pub(crate) fn fit(text: &str, most: usize) -> String {
    let text = without_files(text);
    let text = mask_secrets(&text);
    if text.len() <= most {
        return text.into_owned();
    }
    let mut cut = most;
    while !text.is_char_boundary(cut) {
        cut -= 1;
    }
    format!("{}… ({} bytes in all)", &text[..cut], text.len())
}

/// The text with everything that looks like a file in base64 replaced by its size and a hash.
fn without_files(text: &str) -> String {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len().min(1 << 16));
    let (mut copied, mut at) = (0, 0);
    while at < bytes.len() {
        if !is_base64(bytes[at]) {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && is_base64(bytes[at]) {
            at += 1;
        }
        if at - start >= FILE_CHARS {
            let hash = blake3::hash(&bytes[start..at]).to_hex();
            let size = (at - start) * 3 / 4;
            while bytes.get(at) == Some(&b'=') {
                at += 1;
            }
            out.push_str(&text[copied..start]);
            out.push_str(&format!("[{size} bytes in base64, blake3 {}]", &hash[..16]));
            copied = at;
        }
    }
    out.push_str(&text[copied..]);
    out
}
