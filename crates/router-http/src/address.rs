//! Addresses in the form that a client wants, each parsed once.

use std::sync::OnceLock;

use router_core::{Error, ErrorKind, Result};

/// The first address that a transport was given, parsed: providers mostly ask for the same one again.
#[derive(Clone, Debug)]
pub(crate) struct Parsed<T>(OnceLock<(String, T)>);

impl<T> Default for Parsed<T> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

impl<T: Clone> Parsed<T> {
    /// The parsed form of an address.
    ///
    /// # Errors
    /// `Config` when it is none.
    pub(crate) fn get<E: std::fmt::Display>(
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
