//! What a message says that can fill arguments and structured answers: hints, numbers, quoted texts, places.

/// Clues of a message, each used once.
#[derive(Clone, Debug)]
pub(crate) struct Clues<'a> {
    text: &'a str,
    lower: String,
    numbers: Vec<Number>,
    quotes: Vec<&'a str>,
    places: Vec<&'a str>,
}

/// A number of a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Whole(i64),
    Decimal(f64),
}

impl Number {
    pub(crate) fn as_f64(self) -> f64 {
        match self {
            Self::Whole(number) => number as f64,
            Self::Decimal(number) => number,
        }
    }
}

impl<'a> Clues<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            lower: text.to_lowercase(),
            numbers: numbers(text),
            quotes: quotes(text),
            places: places(text),
        }
    }

    /// The next number that `fits`.
    pub(crate) fn number(&mut self, fits: impl Fn(Number) -> bool) -> Option<Number> {
        let at = self.numbers.iter().position(|number| fits(*number))?;
        Some(self.numbers.remove(at))
    }

    /// The next quoted text.
    pub(crate) fn quote(&mut self) -> Option<&'a str> {
        (!self.quotes.is_empty()).then(|| self.quotes.remove(0))
    }

    /// The next place.
    pub(crate) fn place(&mut self) -> Option<&'a str> {
        (!self.places.is_empty()).then(|| self.places.remove(0))
    }

    /// All places that are left.
    pub(crate) fn places(&self) -> &[&'a str] {
        &self.places
    }

    /// The clues with this place alone.
    pub(crate) fn with_place(&self, place: &'a str) -> Self {
        Self {
            places: vec![place],
            ..self.clone()
        }
    }

    /// What follows `property:` or `property=`, up to a comma, a semicolon, a line's or the text's end.
    pub(crate) fn hint(&self, property: &str) -> Option<&'a str> {
        let wanted = property.to_lowercase();
        [wanted.clone(), wanted.replace('_', " ")]
            .iter()
            .find_map(|name| self.hint_of(name))
    }

    fn hint_of(&self, name: &str) -> Option<&'a str> {
        // Lower-casing may move positions in texts of some languages; then there are no hints.
        if self.lower.len() != self.text.len() || name.is_empty() {
            return None;
        }
        for (at, _) in self.lower.match_indices(name) {
            let starts =
                !self.lower[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_');
            let rest = self.lower[at + name.len()..].trim_start_matches(['"', '\'', '`']);
            if !starts || !rest.starts_with([':', '=']) {
                continue;
            }
            let from = self.lower.len() - rest.len() + 1;
            let value = self.text.get(from..)?;
            let end = value.find([',', ';', '\n']).unwrap_or(value.len());
            let value = value[..end]
                .trim()
                .trim_end_matches('.')
                .trim_matches(['"', '\'', '`']);
            if !value.is_empty() {
                return Some(value);
            }
        }
        None
    }

    /// Whether the message has the word, or the words of a `snake_case` or `camelCase` name.
    pub(crate) fn mentions(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        has_word(&self.lower, &name) || has_word(&self.lower, &name.replace(['_', '-'], " "))
    }
}

/// Whether `text` has `word` with no letter, digit or underscore beside it.
pub(crate) fn has_word(text: &str, word: &str) -> bool {
    let inside = |character: char| character.is_alphanumeric() || character == '_';
    !word.is_empty()
        && text
            .match_indices(word)
            .any(|(at, _)| !text[..at].ends_with(inside) && !text[at + word.len()..].starts_with(inside))
}

/// The numbers of a text. Digits inside of words are none.
fn numbers(text: &str) -> Vec<Number> {
    let bytes = text.as_bytes();
    let mut numbers = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && bytes[at].is_ascii_digit() {
            at += 1;
        }
        let decimal = bytes.get(at) == Some(&b'.') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        if decimal {
            at += 1;
            while at < bytes.len() && bytes[at].is_ascii_digit() {
                at += 1;
            }
        }
        let before = text[..start].chars().next_back();
        let in_word = before.is_some_and(|before| before.is_alphabetic() || before == '_');
        if in_word || text[at..].starts_with(|after: char| after.is_alphabetic() || after == '_') {
            continue;
        }
        // A minus sign belongs to the number where nothing but space or a bracket stands before it.
        let minus = before == Some('-')
            && text[..start - 1]
                .chars()
                .next_back()
                .is_none_or(|before| before.is_whitespace() || matches!(before, '(' | '=' | ':' | ','));
        let digits = &text[if minus { start - 1 } else { start }..at];
        match (decimal, digits.parse::<i64>(), digits.parse::<f64>()) {
            (false, Ok(number), _) => numbers.push(Number::Whole(number)),
            (_, _, Ok(number)) => numbers.push(Number::Decimal(number)),
            _ => {}
        }
    }
    numbers
}

/// The quoted texts of a text: `"…"`, `'…'`, `“…”`, `‘…’`, `` `…` ``. An apostrophe inside of a word is no quote.
pub(crate) fn quotes(text: &str) -> Vec<&str> {
    let mut quotes = Vec::new();
    let mut rest = text;
    let mut before = None;
    while let Some(open) = rest.chars().next() {
        let after = &rest[open.len_utf8()..];
        let close = match open {
            '"' | '`' | '\'' => Some(open),
            '“' => Some('”'),
            '‘' => Some('’'),
            _ => None,
        };
        let starts = !before.is_some_and(char::is_alphanumeric);
        let end = close.filter(|_| starts).and_then(|close| {
            after.match_indices(close).map(|(at, _)| at).find(|at| {
                *at > 0 && !after[at + close.len_utf8()..].starts_with(|next: char| next.is_alphanumeric())
            })
        });
        match (end, close) {
            (Some(end), Some(close)) => {
                quotes.push(&after[..end]);
                rest = &after[end + close.len_utf8()..];
                before = Some(close);
            }
            _ => {
                rest = after;
                before = Some(open);
            }
        }
    }
    quotes
}

/// Capitalised phrases after `in`, `for`, `at`, `to` or `and`.
fn places(text: &str) -> Vec<&str> {
    let words: Vec<(usize, &str)> = text
        .split_whitespace()
        .map(|word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
        .collect();
    let mut places = Vec::new();
    let mut at = 0;
    while at + 1 < words.len() {
        let before = words[at].1.to_lowercase();
        at += 1;
        if !matches!(before.as_str(), "in" | "for" | "at" | "to" | "and") || !is_name(words[at].1) {
            continue;
        }
        let start = words[at].0;
        let mut end = start;
        while at < words.len() && is_name(words[at].1) {
            let word = words[at].1;
            let name = word.trim_end_matches(|end: char| !end.is_alphanumeric());
            end = words[at].0 + name.len();
            at += 1;
            // "San Francisco, CA" goes on after the comma; a sentence's end ends the name.
            let goes_on = word.len() == name.len()
                || (word.ends_with(',')
                    && words.get(at).is_some_and(|(_, next)| {
                        is_region(next.trim_end_matches(|end: char| !end.is_alphanumeric()))
                    }));
            if !goes_on {
                break;
            }
        }
        places.push(&text[start..end]);
    }
    places
}

fn is_name(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_uppercase)
}

/// `CA`, `UK`: what may follow a city after a comma.
fn is_region(word: &str) -> bool {
    (2..=3).contains(&word.len()) && word.chars().all(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_hints() {
        let clues = Clues::new("Extract this record. name: Alice, age: 31, role: doctor, city: Lisbon.");
        assert_eq!(clues.hint("name"), Some("Alice"));
        assert_eq!(clues.hint("city"), Some("Lisbon"));
        assert_eq!(clues.hint("rol"), None);
        assert!(clues.mentions("age"));
        assert!(!clues.mentions("tags"));
        assert!(!clues.mentions("extra"));
    }

    #[test]
    fn finds_numbers_quotes_and_places() {
        let mut clues = Clues::new(
            "Add 3 and -4.5 with add_2 to 'it's café' in San Francisco, CA and in Paris? At home.",
        );
        assert_eq!(clues.number(|_| true), Some(Number::Whole(3)));
        assert_eq!(clues.number(|_| true), Some(Number::Decimal(-4.5)));
        assert_eq!(clues.number(|_| true), None);
        assert_eq!(clues.quote(), Some("it's café"));
        assert_eq!(clues.places(), ["San Francisco, CA", "Paris"]);
    }

    #[test]
    fn reads_numbers_in_brackets() {
        let mut clues = Clues::new("What is the value of magic_function(3)?");
        assert_eq!(clues.number(|_| true), Some(Number::Whole(3)));
    }
}
