//! Where in watsonx.ai a call goes: region, project or space, and the dated version of its API.

use router_core::{Error, ErrorKind, ProviderId, ProviderOptions, Result};
use router_wire::message::percent_encoded;
use router_wire::vendor::{VendorCodec as _, check_place};
use router_wire::write::{Fields, Overrides};
use serde::ser::SerializeMap;

use crate::WatsonxCodec;

/// The version that is asked for unless another is given.
const VERSION: &str = "2024-03-13";

/// Who pays and holds what is used: every call names one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Holder {
    /// A project, by its id.
    Project(String),
    /// A deployment space, by its id.
    Space(String),
}

impl Holder {
    /// The field and the id.
    pub(crate) fn field(&self) -> (&'static str, &str) {
        match self {
            Self::Project(id) => ("project_id", id),
            Self::Space(id) => ("space_id", id),
        }
    }
}

/// A project or space, and a version.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// Who pays; absent: the call's own options name it.
    pub holder: Option<Holder>,
    /// The version of the API, a day such as `2024-03-13`.
    pub version: String,
    /// Whether a call that names nobody is refused here, and not first by the vendor.
    pub refuses_unnamed: bool,
}

impl Default for Place {
    fn default() -> Self {
        Self {
            holder: None,
            version: VERSION.to_owned(),
            refuses_unnamed: false,
        }
    }
}

impl Place {
    /// A place for a project or a space.
    #[must_use]
    pub fn of(holder: Holder) -> Self {
        Self {
            holder: Some(holder),
            ..Self::default()
        }
    }

    /// With another version.
    #[must_use]
    pub fn with_version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// Refuses a call that names neither project nor space.
    pub(crate) fn check(&self, options: &ProviderOptions, provider: &ProviderId) -> Result<()> {
        if !self.refuses_unnamed || self.holder.is_some() {
            return Ok(());
        }
        let overrides = Overrides::of(options, &[provider.as_str()], &[])?;
        if overrides.has("project_id") || overrides.has("space_id") {
            return Ok(());
        }
        let message = "project_id: watsonx.ai needs a project or a space: set WATSONX_PROJECT_ID or WATSONX_SPACE_ID, or pass one";
        Err(Error::new(ErrorKind::Config, message))
    }

    /// Writes who pays into a body, unless the call's options say it.
    pub(crate) fn write<M: SerializeMap>(
        &self,
        body: &mut Fields<'_, M>,
        overrides: &Overrides<'_>,
    ) -> std::result::Result<(), M::Error> {
        let given = overrides.has("project_id") || overrides.has("space_id");
        match self.holder.as_ref().filter(|_| !given).map(Holder::field) {
            Some((name, id)) => body.named(name, id),
            None => Ok(()),
        }
    }

    /// A path with the version that every call has.
    pub(crate) fn path(&self, path: &str) -> String {
        format!("{path}?version={}", percent_encoded(&self.version))
    }
}

/// The address of a region: `us-south`, `eu-de`, `eu-gb`, `jp-tok`, `au-syd`, `ca-tor`.
///
/// # Errors
/// `Config` for a name that cannot be one: it becomes part of the host that gets the token.
pub fn address(region: &str) -> Result<String> {
    check_place(WatsonxCodec::VENDOR.id, "region", region, "us-south")?;
    Ok(format!("https://{region}.ml.cloud.ibm.com"))
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn hosts_of_regions() {
        assert_eq!(
            address("eu-de").ok().as_deref(),
            Some("https://eu-de.ml.cloud.ibm.com")
        );
        for evil in ["", "evil.example/", "us-south@x", "US", "a b", "x#", "../.."] {
            assert!(address(evil).is_err(), "{evil}");
        }
    }
}
