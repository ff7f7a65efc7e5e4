//! How a family's vocabulary cuts text, told in shares of OpenAI's newest one, by what the text is written in.
//!
//! The shares of families whose vocabularies are published were measured over prose, code, JSON and other scripts; vocabularies differ
//! little over English and much over Chinese, digits and accents, so one share for all text would be wrong for every one of them.

/// Shares in thousandths of OpenAI's newest vocabulary.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Script {
    /// English, code, JSON.
    pub(crate) plain: u64,
    /// Other alphabets, and Latin with accents.
    pub(crate) foreign: u64,
    /// Chinese, Japanese, Korean.
    pub(crate) ideographs: u64,
    /// Whether each digit is a token of its own; else up to three share one.
    pub(crate) single_digits: bool,
}

impl Script {
    /// A vocabulary that cuts as OpenAI's does.
    pub(crate) const SAME: Self = Self {
        plain: 1000,
        foreign: 1000,
        ideographs: 1000,
        single_digits: false,
    };

    /// Tokens of a text that OpenAI's vocabulary cuts into `tokens`.
    pub(crate) fn scale(&self, text: &str, tokens: u64) -> u64 {
        if tokens == 0 {
            return 0;
        }
        let seen = Seen::of(text);
        let ideographs = (seen.ideographs * 100 / IDEOGRAPHS).min(tokens);
        let words = tokens - ideographs;
        // A tenth of accented letters tells a language in which all words are cut finer.
        let foreign = (seen.foreign * 10 * 1000)
            .checked_div(seen.letters)
            .unwrap_or(0)
            .min(1000);
        let share = (self.plain * (1000 - foreign) + self.foreign * foreign) / 1000;
        let digits = if self.single_digits { seen.lone_digits } else { 0 };
        (words * share + ideographs * self.ideographs + 500) / 1000 + digits
    }
}

/// Ideographs that a hundred tokens of OpenAI's newest vocabulary hold.
const IDEOGRAPHS: u64 = 128;

/// What a text is written in.
#[derive(Default)]
struct Seen {
    letters: u64,
    foreign: u64,
    ideographs: u64,
    /// Tokens more, when every digit is one, than in threes.
    lone_digits: u64,
}

impl Seen {
    fn of(text: &str) -> Self {
        let mut seen = Self::default();
        let mut run = 0_u64;
        for one in text.chars() {
            if one.is_ascii_digit() {
                run += 1;
                continue;
            }
            seen.lone_digits += run - run.div_ceil(3);
            run = 0;
            match one {
                'a'..='z' | 'A'..='Z' => seen.letters += 1,
                '\u{2e80}'..='\u{9fff}'
                | '\u{ac00}'..='\u{d7af}'
                | '\u{f900}'..='\u{faff}'
                | '\u{ff00}'..='\u{ffef}'
                | '\u{20000}'..='\u{3ffff}' => seen.ideographs += 1,
                one if !one.is_ascii() && one.is_alphabetic() => {
                    seen.letters += 1;
                    seen.foreign += 1;
                }
                _ => {}
            }
        }
        seen.lone_digits += run - run.div_ceil(3);
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINE: Script = Script {
        plain: 1000,
        foreign: 1500,
        ideographs: 2000,
        single_digits: true,
    };

    #[test]
    fn each_kind_of_text_has_its_share() {
        assert_eq!(FINE.scale("plain words only", 3), 3);
        assert_eq!(FINE.scale("1234567", 3), 7);
        assert_eq!(FINE.scale("из слов", 4), 6);
        assert_eq!(FINE.scale("注意这是一个用于", 6), 12);
        assert_eq!(Script::SAME.scale("注意 12345 слов", 9), 9);
        assert_eq!(FINE.scale("", 0), 0);
    }
}
