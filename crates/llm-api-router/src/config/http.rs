//! Settings of transports: those of all providers, and what one has otherwise.

use router_http::HttpConfig;
use serde::{Deserialize, Deserializer, de};

/// Fields of [`HttpConfig`], of which only those count that are set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HttpSettings(toml::Table);

impl HttpSettings {
    /// All fields: these, where they are not set those of all providers, and otherwise the defaults.
    ///
    /// # Errors
    /// A line that names the field and what is wrong with it.
    pub(super) fn over(&self, all: &Self) -> Result<HttpConfig, String> {
        let mut fields = all.0.clone();
        fields.extend(self.0.clone());
        let config: HttpConfig = fields.try_into().map_err(|error| error.message().to_owned())?;
        config.check().map_err(|error| error.message().to_owned())?;
        Ok(config)
    }
}

impl<'de> Deserialize<'de> for HttpSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let settings = Self(toml::Table::deserialize(deserializer)?);
        // Here the place in the file is known, and one by one the field is.
        for (name, value) in &settings.0 {
            let one = Self(toml::Table::from_iter([(name.clone(), value.clone())]));
            one.over(&Self::default())
                .map_err(|error| match error.contains(name.as_str()) {
                    true => de::Error::custom(error),
                    false => de::Error::custom(format!("{name}: {error}")),
                })?;
        }
        Ok(settings)
    }
}
