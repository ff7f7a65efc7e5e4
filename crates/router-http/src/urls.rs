//! Addresses of a provider: put together once.

use std::fmt;
use std::sync::OnceLock;

use router_core::Text;

/// The whole address of the first path that a provider was asked at: mostly it is the only one.
#[derive(Clone, Default)]
pub(crate) struct Urls(OnceLock<(Text, Text)>);

impl fmt::Debug for Urls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An address may hold a user's name and password.
        f.debug_struct("Urls").finish_non_exhaustive()
    }
}

impl Urls {
    /// The address of a path; a path that is a whole address already is an operation's with a host of its own.
    pub(crate) fn of(&self, base: &str, path: Text) -> Text {
        if path.starts_with("https://") {
            return path;
        }
        let joined = || Text::from([base, &path].concat());
        match self.0.get_or_init(|| (path.clone(), joined())) {
            (known, url) if *known == path => url.clone(),
            _ => joined(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Urls;

    #[test]
    fn each_path_has_its_address() {
        let urls = Urls::default();
        for _ in 0..2 {
            for path in ["/chat/completions", "/embeddings", "/models"] {
                let expected = format!("https://vendor.test/v1{path}");
                assert_eq!(urls.of("https://vendor.test/v1", path.into()), expected);
            }
        }
        let whole = "https://other.vendor.test/files";
        assert_eq!(urls.of("https://vendor.test/v1", whole.into()), *whole);
    }
}
