//! Ids of calls in the one form that Mistral takes: nine letters and digits.

use std::collections::BTreeMap;

use router_core::Text;

const LENGTH: usize = 9;
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Gives each foreign id one of Mistral's form: the same for a call and its result, and in every turn of a conversation.
#[derive(Debug, Default)]
pub(crate) struct Ids(BTreeMap<Text, Text>);

/// Whether Mistral takes an id as it is.
pub(crate) fn fits(id: &str) -> bool {
    id.len() == LENGTH && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

impl Ids {
    /// The id that is sent for one.
    pub(crate) fn sent(&mut self, id: &Text) -> Text {
        if fits(id) {
            return id.clone();
        }
        if let Some(known) = self.0.get(id) {
            return known.clone();
        }
        let mut salt = 0_u64;
        let made = loop {
            let made = Text::from(digits(hash(id, salt)));
            if !self.0.values().any(|known| *known == made) {
                break made;
            }
            salt += 1;
        };
        self.0.insert(id.clone(), made.clone());
        made
    }
}

/// FNV-1a: the same in every process and version.
fn hash(id: &str, salt: u64) -> u64 {
    let bytes = id.bytes().chain(salt.to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn digits(mut number: u64) -> String {
    let mut digits = String::with_capacity(LENGTH);
    for _ in 0..LENGTH {
        digits.push(char::from(DIGITS[(number % 62) as usize]));
        number /= 62;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_ids_fit_and_stay_apart() {
        let mut ids = Ids::default();
        assert_eq!(ids.sent(&"aB3dE6gH9".into()), "aB3dE6gH9");
        let long = "chatcmpl-tool-0123456789abcdef";
        let made: Vec<Text> = (0..2000)
            .map(|at| ids.sent(&format!("{long}{at}").into()))
            .collect();
        assert!(made.iter().all(|id| fits(id)));
        let mut distinct = made.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), made.len());
        assert_eq!(ids.sent(&format!("{long}7").into()), made[7]);
        // Another process makes the same of it.
        assert_eq!(Ids::default().sent(&format!("{long}7").into()), made[7]);
        assert!(fits(&ids.sent(&Text::new())));
    }
}
