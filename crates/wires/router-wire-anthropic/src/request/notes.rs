//! Says what was dropped or changed, or refuses it when the caller is strict.

use router_core::{Error, ErrorKind, Result, Text, Warning};

/// Warnings of one request.
#[derive(Debug)]
pub(super) struct Notes {
    strict: bool,
    warnings: Vec<Warning>,
}

impl Notes {
    pub(super) fn new(strict: bool) -> Self {
        Self {
            strict,
            warnings: Vec::new(),
        }
    }

    /// A setting is left out.
    pub(super) fn dropped(&mut self, setting: &'static str, why: &'static str) -> Result<()> {
        self.note(Warning::dropped(
            Text::from_static(setting),
            Text::from_static(why),
        ))
    }

    /// A setting is sent with another value.
    pub(super) fn changed(&mut self, setting: &'static str, why: &'static str) -> Result<()> {
        self.note(Warning::changed(
            Text::from_static(setting),
            Text::from_static(why),
        ))
    }

    /// A setting is expressed in another way.
    pub(super) fn emulated(&mut self, setting: &'static str, why: &'static str) -> Result<()> {
        self.note(Warning::emulated(
            Text::from_static(setting),
            Text::from_static(why),
        ))
    }

    /// Something was added that nobody asked for; strictness has no say.
    pub(super) fn told(&mut self, setting: &'static str, why: &'static str) {
        self.push(Warning::changed(
            Text::from_static(setting),
            Text::from_static(why),
        ));
    }

    pub(super) fn into_warnings(self) -> Vec<Warning> {
        self.warnings
    }

    fn note(&mut self, warning: Warning) -> Result<()> {
        if self.strict {
            return Err(Error::new(ErrorKind::Unsupported, warning.to_string()));
        }
        self.push(warning);
        Ok(())
    }

    fn push(&mut self, warning: Warning) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }
}
