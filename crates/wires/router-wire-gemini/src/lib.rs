#![doc = include_str!("../README.md")]

pub mod embeddings;
pub mod images;
pub mod models;
mod parts;
pub mod predict;
pub mod request;
pub mod response;
pub mod rules;
#[cfg(feature = "server")]
pub mod server;
pub mod speech;
pub mod stream;
pub mod tokens;
mod wire;
mod words;

pub use rules::{Rules, Service, Thinking};

/// The name of this wire in signatures, opaque parts and unnamed fields.
pub const WIRE: &str = "gemini";

/// The endpoints of this wire as a server has them.
#[cfg(feature = "server")]
#[must_use]
pub fn endpoints() -> Vec<Box<dyn router_wire::ServerCodec>> {
    vec![
        Box::new(server::GenerateContent),
        Box::new(server::CountTokens),
        Box::new(server::EmbedContent),
        Box::new(server::Models),
    ]
}

/// The path of a method of a model: `/models/NAME:METHOD`. Names with a kind in front (`tunedModels/…`) keep it.
#[must_use]
pub fn method_path(model: &str, method: &str) -> String {
    use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
    /// What would end or change a path.
    const UNSAFE: &AsciiSet = &CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'#')
        .add(b'%')
        .add(b'<')
        .add(b'>')
        .add(b'?')
        .add(b'\\');
    const ONE_SEGMENT: &AsciiSet = &UNSAFE.add(b'/');
    // A name must not lead to another place than that of its own.
    let climbs = model.split('/').any(|part| matches!(part, "" | "." | ".."));
    if model.contains('/') && !climbs {
        format!("/{}:{method}", utf8_percent_encode(model, UNSAFE))
    } else {
        format!("/models/{}:{method}", utf8_percent_encode(model, ONE_SEGMENT))
    }
}

/// The name of a model with its kind in front: `models/NAME`.
pub(crate) fn full_name(model: &str) -> String {
    if model.contains('/') {
        model.to_owned()
    } else {
        format!("models/{model}")
    }
}

#[cfg(test)]
mod tests {
    use super::method_path;

    #[test]
    fn names_stay_below_their_path() {
        assert_eq!(method_path("gemini-3-pro", "x"), "/models/gemini-3-pro:x");
        assert_eq!(method_path("tunedModels/a b", "x"), "/tunedModels/a%20b:x");
        assert_eq!(method_path("../files/a", "x"), "/models/..%2Ffiles%2Fa:x");
        assert_eq!(method_path("a\\..?b#c", "x"), "/models/a%5C..%3Fb%23c:x");
    }
}
