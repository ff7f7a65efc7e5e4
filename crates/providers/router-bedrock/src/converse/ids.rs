//! Ids of calls in the characters that a model takes.

use std::borrow::Cow;

use router_core::Text;

use crate::models::Family;

/// Most characters of an id.
const LONGEST: usize = 64;

/// The id as it is sent. Other characters than the wire takes become their bytes in hexadecimal, so that call and result still
/// match and different ids stay different; a long id, and any that is no nine letters and digits for Mistral, becomes a hash.
pub(super) fn call_id(family: Family, id: &Text) -> Cow<'_, str> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'-');
    if family == Family::Mistral {
        let fits = id.len() == 9 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        return if fits {
            Cow::Borrowed(id.as_str())
        } else {
            Cow::Owned(hashed(id, 9))
        };
    }
    if (1..=LONGEST).contains(&id.len()) && id.bytes().all(|byte| plain(&byte)) {
        return Cow::Borrowed(id.as_str());
    }
    let mut written = String::with_capacity(id.len() + 8);
    for byte in id.bytes() {
        if plain(&byte) {
            written.push(char::from(byte));
        } else {
            written.push_str(&format!("_{byte:02x}"));
        }
    }
    if written.is_empty() {
        written.push('_');
    }
    if written.len() > LONGEST {
        let hash = hashed(id, 12);
        written.truncate(LONGEST - hash.len());
        written.push_str(&hash);
    }
    Cow::Owned(written)
}

/// The first letters and digits of a hash of an id (FNV-1a, <http://www.isthe.com/chongo/tech/comp/fnv/>).
fn hashed(id: &str, length: usize) -> String {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let mut hash = id.bytes().fold(0xcbf2_9ce4_8422_2325, step);
    let mut written = String::with_capacity(length);
    for _ in 0..length {
        let digit = u32::try_from(hash % 36).unwrap_or_default();
        written.push(char::from_digit(digit, 36).unwrap_or('0'));
        hash /= 36;
    }
    written
}

#[cfg(test)]
mod tests {
    use router_core::Text;

    use super::call_id;
    use crate::models::Family;

    #[test]
    fn ids_fit_and_stay_apart() {
        let id = |text: &str| call_id(Family::Claude, &Text::from(text)).into_owned();
        assert_eq!(id("tooluse_a-B.1:2"), "tooluse_a-B.1:2");
        assert_eq!(id("a/b"), "a_2fb");
        assert_eq!(id(""), "_");
        let long = "x".repeat(65);
        assert_eq!(id(&long).len(), 64);
        assert_ne!(id(&long), id(&format!("{long}y")));
        let short = |text: &str| call_id(Family::Mistral, &Text::from(text)).into_owned();
        assert_eq!(short("abcDEF123"), "abcDEF123");
        assert_eq!(short("tooluse_1").len(), 9);
        assert!(
            short("tooluse_1")
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric())
        );
        assert_ne!(short("tooluse_1"), short("tooluse_2"));
    }
}
