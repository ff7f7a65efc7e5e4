//! Gathers the warnings of a request while it is checked.

use router_core::{Error, ErrorKind, Result, Text, Warning};

/// Warnings, once each; the first one is an error when the caller asked for strictness.
#[derive(Debug)]
pub struct Warnings {
    strict: bool,
    list: Vec<Warning>,
}

impl Warnings {
    /// None yet.
    #[must_use]
    pub fn new(strict: bool) -> Self {
        Self {
            strict,
            list: Vec::new(),
        }
    }

    /// A warning.
    ///
    /// # Errors
    /// `Unsupported` when the caller asked for strictness.
    pub fn add(&mut self, warning: Warning) -> Result<()> {
        if self.strict {
            return Err(Error::new(ErrorKind::Unsupported, warning.to_string()));
        }
        if !self.list.contains(&warning) {
            self.list.push(warning);
        }
        Ok(())
    }

    /// A setting that is left out.
    ///
    /// # Errors
    /// As [`Warnings::add`].
    pub fn dropped(&mut self, setting: &'static str, why: &'static str) -> Result<()> {
        self.add(Warning::dropped(
            Text::from_static(setting),
            Text::from_static(why),
        ))
    }

    /// A setting that is sent with another value.
    ///
    /// # Errors
    /// As [`Warnings::add`].
    pub fn changed(&mut self, setting: &'static str, why: &'static str) -> Result<()> {
        self.add(Warning::changed(
            Text::from_static(setting),
            Text::from_static(why),
        ))
    }

    /// The warnings.
    #[must_use]
    pub fn into_list(self) -> Vec<Warning> {
        self.list
    }
}
