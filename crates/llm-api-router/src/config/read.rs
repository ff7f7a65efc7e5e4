//! Text to configuration, and what is wrong with it to one clear line.

use std::path::Path;

use router_core::secret::mask_secrets;
use router_core::{Error, ErrorKind, Result};
use serde::de::DeserializeSeed;

use super::Config;
use super::source::Source;

impl Config {
    /// The configuration in a file: JSON or YAML when its name ends so (`.json`, `.yaml`, `.yml`), TOML otherwise.
    ///
    /// # Errors
    /// `Config` naming the file, the line and the field; or the feature `yaml`, where a build without it is given YAML.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| wrong(format!("{name} cannot be read: {error}")))?;
        let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
        match ending.as_deref().and_then(std::ffi::OsStr::to_str) {
            Some("json") => Self::from_json(&name, &text),
            #[cfg(feature = "yaml")]
            Some("yaml" | "yml") => Self::from_yaml(&name, &text),
            #[cfg(not(feature = "yaml"))]
            Some("yaml" | "yml") => Err(wrong(format!(
                "{name}: this build reads no YAML: write TOML or JSON, or add the feature `yaml`"
            ))),
            _ => Self::from_toml(&name, &text),
        }
    }

    /// The configuration in a text of TOML; `name` is what errors call it.
    ///
    /// # Errors
    /// `Config` naming the line and the field.
    pub fn from_toml(name: &str, text: &str) -> Result<Self> {
        // Not as an error shows itself: that has the line's text, and a key may stand there.
        let place = |error: &toml::de::Error| error.span().map(|span| place(text, span.start));
        let read = toml::Deserializer::parse(text)
            .map_err(|error| told(name, place(&error), "", error.message()))?;
        let config: Self = serde_path_to_error::deserialize(read).map_err(|error| {
            let (path, error) = (error.path().to_string(), error.into_inner());
            told(name, place(&error), &path, error.message())
        })?;
        Ok(config.of(Source::new(name, text, Format::Toml)))
    }

    /// The same in JSON.
    ///
    /// # Errors
    /// `Config` naming the line and the field.
    pub fn from_json(name: &str, text: &str) -> Result<Self> {
        let told = |path: &str, error: &serde_json::Error| {
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default();
            told(name, Some((error.line(), error.column())), path, message)
        };
        let mut read = serde_json::Deserializer::from_str(text);
        let config: Self = serde_path_to_error::deserialize(&mut read)
            .map_err(|error| told(&error.path().to_string(), error.inner()))?;
        read.end().map_err(|error| told("", &error))?;
        Ok(config.of(Source::new(name, text, Format::Json)))
    }

    /// The same in YAML 1.2: `yes` and `no` are words, and a key that stands twice is an error.
    ///
    /// # Errors
    /// `Config` naming the line and the field.
    #[cfg(feature = "yaml")]
    pub fn from_yaml(name: &str, text: &str) -> Result<Self> {
        let config: Self =
            super::yaml::read(text).map_err(|error| told(name, error.place, &error.path, &error.message))?;
        Ok(config.of(Source::new(name, text, Format::Yaml)))
    }

    fn of(mut self, source: Source) -> Self {
        self.source = source;
        self
    }
}

/// How a text is written.
#[derive(Clone, Copy, Default)]
pub(super) enum Format {
    #[default]
    Toml,
    Json,
    #[cfg(feature = "yaml")]
    Yaml,
}

impl Format {
    /// Where a text breaks what reads it.
    pub(super) fn place<'de>(
        self,
        text: &'de str,
        read: impl DeserializeSeed<'de, Value = ()>,
    ) -> Option<(usize, usize)> {
        match self {
            Self::Toml => {
                let error = read.deserialize(toml::Deserializer::parse(text).ok()?).err()?;
                error.span().map(|span| place(text, span.start))
            }
            Self::Json => {
                let error = read.deserialize(&mut serde_json::Deserializer::from_str(text));
                error.err().map(|error| (error.line(), error.column()))
            }
            #[cfg(feature = "yaml")]
            Self::Yaml => super::yaml::place(text, read),
        }
    }
}

/// An error of a configuration.
pub(super) fn wrong(message: String) -> Error {
    Error::new(ErrorKind::Config, message)
}

fn told(name: &str, place: Option<(usize, usize)>, path: &str, message: &str) -> Error {
    let place = place.map_or_else(String::new, |(line, column)| format!(":{line}:{column}"));
    let message = mask_secrets(message.trim_end());
    let message = message.replace('\n', ": ");
    // The whole of it is `.` or nothing, and a name that was not read to its end is `?`.
    let path = path.strip_suffix('?').unwrap_or(path);
    let path = match path.trim_matches('.') {
        "" => String::new(),
        path => format!("{}: ", mask_secrets(path)),
    };
    wrong(format!("{name}{place}: {path}{message}{}", nearest(&message)))
}

/// Line and column, from 1.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// What was probably meant, where a word is not one of those that are expected.
fn nearest(message: &str) -> String {
    if !message.starts_with("unknown ") {
        return String::new();
    }
    let mut words = message.split('`').skip(1).step_by(2);
    let Some(found) = words.next() else {
        return String::new();
    };
    match nearest_of(found, words) {
        Some(word) => format!("; did you mean `{word}`?"),
        None => String::new(),
    }
}

/// The word that is most like another, if any is.
pub(super) fn nearest_of<'a>(found: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    words
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(found, word), word))
        .filter(|(distance, word)| *distance <= word.len().max(found.len()) / 3 + 1)
        .min()
        .map(|(_, word)| word)
}
