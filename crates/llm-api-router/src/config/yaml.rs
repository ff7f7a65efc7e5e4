//! YAML to configuration, within bounds, and its errors in the words that those of TOML and JSON have.

use serde::de::{DeserializeOwned, DeserializeSeed};
use serde_saphyr::{Error, Options, SnippetMode, UserMessageFormatter};

/// What is wrong with a text, and where.
pub(super) struct Wrong {
    /// Line and column, from 1.
    pub(super) place: Option<(usize, usize)>,
    /// The field.
    pub(super) path: String,
    pub(super) message: String,
}

/// Reads a text.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Wrong> {
    let mut path = String::new();
    let read = serde_saphyr::with_deserializer_from_str_with_options(text, options(), |read| {
        serde_path_to_error::deserialize(read).map_err(|error| {
            path = error.path().to_string();
            error.into_inner()
        })
    });
    read.map_err(|error| {
        let place = place_of(&error);
        let message = message(error.without_snippet());
        // The place is told in front.
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        Wrong { place, path, message }
    })
}

/// Where a text breaks what reads it.
pub(super) fn place<'de>(
    text: &'de str,
    read: impl DeserializeSeed<'de, Value = ()>,
) -> Option<(usize, usize)> {
    let read =
        serde_saphyr::with_deserializer_from_str_with_options(text, options(), |text| read.deserialize(text));
    place_of(&read.err()?)
}

fn place_of(error: &Error) -> Option<(usize, usize)> {
    let place = error.location()?;
    let number = |number: u64| usize::try_from(number).ok();
    Some((number(place.line())?, number(place.column())?))
}

/// What a configuration never has, so that a text that is made to cost much is refused early.
fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: 200_000,
            max_nodes: 100_000,
            max_depth: 32,
            max_documents: 2,
            max_total_scalar_bytes: 4 << 20,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 20_000,
            max_replay_stack_depth: 16,
        },
        strict_booleans: true,
        emit_comments: false,
        // It would show the line, and a key may stand there.
        with_snippet: false,
    }
}

/// What serde says of the other formats' errors, where it says less of these.
fn message(error: &Error) -> String {
    let unknown = |what: &str, word: &str, expected: &[&str]| {
        let expected: Vec<String> = expected.iter().map(|word| format!("`{word}`")).collect();
        match expected.as_slice() {
            [] => format!("unknown {what} `{word}`, there are no {what}s"),
            [one] => format!("unknown {what} `{word}`, expected {one}"),
            several => format!("unknown {what} `{word}`, expected one of {}", several.join(", ")),
        }
    };
    match error {
        Error::SerdeUnknownField { field, expected, .. } => unknown("field", field, expected),
        Error::SerdeUnknownVariant {
            variant, expected, ..
        } => unknown("variant", variant, expected),
        Error::DuplicateMappingKey { key: Some(key), .. } => format!("duplicate key `{key}`"),
        Error::DuplicateMappingKey { key: None, .. } => "duplicate key".to_owned(),
        Error::MultipleDocuments { .. } => "more than one document: a configuration is one".to_owned(),
        other => other.render_with_options(serde_saphyr::render_options! {
            formatter: &UserMessageFormatter,
            snippets: SnippetMode::Off,
        }),
    }
}
