//! Keys: held so that they cannot be displayed, and masked where vendors echo them.

use std::borrow::Cow;
use std::fmt;

use zeroize::Zeroizing;

/// A key or token. `Debug` and `Display` show `***`, it is never serialized, and its memory is cleared on drop.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps a key.
    #[must_use]
    pub fn new(key: impl Into<String>) -> Self {
        Self(Zeroizing::new(key.into()))
    }

    /// The key itself, for the one place that writes it into a request.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether the key is empty or white space only.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }

    /// Whether two keys are equal, in time that depends on their lengths only.
    #[must_use]
    pub fn matches(&self, other: &str) -> bool {
        let (ours, theirs) = (self.0.as_bytes(), other.as_bytes());
        let mut difference = usize::from(ours.len() != theirs.len());
        for (index, byte) in theirs.iter().enumerate() {
            difference |= usize::from(byte ^ ours.get(index).copied().unwrap_or(0));
        }
        difference == 0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl From<String> for Secret {
    fn from(key: String) -> Self {
        Self::new(key)
    }
}

impl From<&str> for Secret {
    fn from(key: &str) -> Self {
        Self::new(key)
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.matches(other.expose())
    }
}

/// Key shapes by prefix: the marker, and how many key characters must follow before it counts as a key.
const PREFIXES: &[(&str, usize)] = &[
    ("sk-", 12),
    ("sk_", 12),
    ("pk-", 12),
    ("AIza", 20),
    ("xai-", 12),
    ("gsk_", 12),
    ("hf_", 12),
    ("r8_", 12),
    ("nvapi-", 12),
    ("pplx-", 12),
    ("pa-", 20),
    ("jina_", 12),
    ("csk-", 12),
    ("fw_", 12),
    ("AKIA", 12),
    ("ASIA", 12),
    ("ya29.", 12),
    ("eyJ", 24),
    ("dapi", 20),
    ("ghp_", 12),
    ("tgp_", 12),
    ("bce-v3/", 12),
    ("ABSK", 24),
];

/// No shorter word holds a prefix and the characters that must follow it.
const SHORTEST_WITH_PREFIX: usize = 15;

/// Words after which a value is a key whatever its shape: `?key=`, `api_key=`, `Bearer `, `"x-api-key": "`.
const LABELS: &[&str] = &[
    "bearer",
    "key",
    "token",
    "secret",
    "password",
    "authorization",
    "signature",
];

/// The text with everything that looks like a key replaced by its first characters and `***`.
///
/// Vendors echo keys and input in their messages; this is what `Display` of an error, logs and command lines go through.
/// Known shapes are the usual prefixes, `id.secret` pairs of hexadecimal id, and values behind `key=`, `Bearer` and the like.
#[must_use]
pub fn mask_secrets(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut masked: Option<String> = None;
    let mut copied = 0;
    let mut at = 0;
    while at < bytes.len() {
        if !is_key_byte(bytes[at]) {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && is_key_byte(bytes[at]) {
            at += 1;
        }
        if let Some(keep) = key_in_word(&text[start..at], &text[..start]) {
            let out = masked.get_or_insert_with(String::new);
            out.push_str(&text[copied..start + keep]);
            out.push_str("***");
            copied = at;
        }
    }
    match masked {
        None => Cow::Borrowed(text),
        Some(mut out) => {
            out.push_str(&text[copied..]);
            Cow::Owned(out)
        }
    }
}

fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b'+' | b'*')
}

/// How many leading bytes of a word may be shown, when the word is or ends in a key.
fn key_in_word(word: &str, before: &str) -> Option<usize> {
    key_in(word, before).or_else(|| {
        // The letters of an escape belong to what stands before: `\nsk-…` in JSON, `%3Dsk-…` in an address.
        let escape = match before.as_bytes().last()? {
            b'\\' if word.starts_with('u') => 5,
            b'\\' => 1,
            b'%' => 2,
            _ => return None,
        };
        let shown = key_in(word.get(escape..)?, "")?;
        Some(escape + shown)
    })
}

fn key_in(word: &str, before: &str) -> Option<usize> {
    if word.len() >= SHORTEST_WITH_PREFIX {
        let bytes = word.as_bytes();
        let starts = (0..bytes.len()).filter(|at| *at == 0 || !bytes[at - 1].is_ascii_alphanumeric());
        for start in starts {
            let rest = &word[start..];
            let found = PREFIXES.iter().find(|(prefix, _)| rest.starts_with(prefix));
            if let Some((prefix, least)) = found
                && rest.len() - prefix.len() >= *least
            {
                return Some(start + prefix.len());
            }
        }
    }
    if let Some((id, secret)) = word.trim_end_matches('.').split_once('.') {
        let hexadecimal = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        if hexadecimal && secret.len() >= 12 && secret.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Some(4);
        }
    }
    if word.len() >= 8 && labelled(before) {
        return Some(0);
    }
    None
}

/// Whether the text before a word ends in a label such as `key=`, `api-key: ` or `Bearer `.
fn labelled(before: &str) -> bool {
    let trimmed = before.trim_end_matches([' ', '"', '\'', '\\']);
    let bare = trimmed.strip_suffix([':', '=']);
    let head = bare.unwrap_or(trimmed).trim_end_matches([' ', '"', '\'', '\\']);
    let is_label = |label: &str| {
        let start = head.len().checked_sub(label.len());
        let end = start.and_then(|start| head.get(start..));
        end.is_some_and(|end| end.eq_ignore_ascii_case(label))
    };
    if is_label("bearer") {
        return trimmed.len() < before.len();
    }
    bare.is_some() && LABELS.iter().any(|label| is_label(label))
}
