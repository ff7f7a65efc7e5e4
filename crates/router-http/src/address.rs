//! Addresses: parsed once into the form that a client wants.

use std::fmt;
use std::sync::OnceLock;

use router_core::{Error, ErrorKind, Result};

/// The first address that a transport was given, parsed: providers mostly ask for the same one again.
#[derive(Clone)]
pub(crate) struct Parsed<T>(OnceLock<(String, T)>);

impl<T> Default for Parsed<T> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

impl<T> fmt::Debug for Parsed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An address may hold a user's name and password.
        f.debug_struct("Parsed").finish_non_exhaustive()
    }
}

impl<T: Clone> Parsed<T> {
    /// The parsed form of an address.
    ///
    /// # Errors
    /// `Config` when it is none.
    pub(crate) fn get<E: fmt::Display>(
        &self,
        url: &str,
        parse: impl FnOnce(&str) -> std::result::Result<T, E>,
    ) -> Result<T> {
        if let Some((_, parsed)) = self.0.get().filter(|(known, _)| known == url) {
            return Ok(parsed.clone());
        }
        let parsed = parse(url).map_err(|error| {
            let message = format!("{} is no usable address: {error}", shown(url));
            Error::new(ErrorKind::Config, message)
        })?;
        // A query may hold what is new in each request, and a key.
        if !url.contains('?') {
            let _ = self.0.set((url.to_owned(), parsed.clone()));
        }
        Ok(parsed)
    }
}

/// An address without its query, for messages: queries may hold keys.
pub(crate) fn shown(url: &str) -> &str {
    url.split('?').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::Parsed;

    #[test]
    fn an_address_is_parsed_once_and_shown_never() {
        let parsed = Parsed::<usize>::default();
        let address = "http://zoe:secret@vendor.test/v1";
        assert_eq!(
            parsed.get(address, str::parse::<usize>).ok(),
            None,
            "it fails, and is not kept"
        );
        assert_eq!(parsed.get(address, |_| Ok::<_, std::fmt::Error>(1)).ok(), Some(1));
        assert_eq!(
            parsed.get(address, |_| Ok::<_, std::fmt::Error>(2)).ok(),
            Some(1),
            "it is kept"
        );
        let other = parsed.get("http://vendor.test?key=1", |_| Ok::<_, std::fmt::Error>(3));
        assert_eq!(other.ok(), Some(3));
        assert!(!format!("{parsed:?}").contains("secret"));
    }
}
