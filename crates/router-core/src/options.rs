//! Settings that only one vendor has.

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::json::Json;
use crate::model::ProviderId;

/// Vendor settings by provider: each provider crate has a type of its own for them, and reads only its own.
///
/// They are merged into the top level of the vendor's request body, so a field that a vendor added yesterday can be
/// used today.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProviderOptions(Vec<(ProviderId, Json)>);

impl ProviderOptions {
    /// No settings.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds or replaces the settings of a provider. `settings` is an object.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) when the settings cannot be JSON.
    pub fn set(&mut self, provider: impl Into<ProviderId>, settings: &impl Serialize) -> Result<()> {
        let (provider, settings) = (provider.into(), Json::of(settings)?);
        match self.0.iter_mut().find(|(known, _)| *known == provider) {
            Some((_, old)) => *old = settings,
            None => self.0.push((provider, settings)),
        }
        Ok(())
    }

    /// The settings of a provider.
    #[must_use]
    pub fn get(&self, provider: &str) -> Option<&Json> {
        self.0
            .iter()
            .find(|(known, _)| *known == *provider)
            .map(|(_, settings)| settings)
    }

    /// The settings, by provider.
    pub fn iter(&self) -> impl Iterator<Item = (&ProviderId, &Json)> {
        self.0.iter().map(|(provider, settings)| (provider, settings))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
