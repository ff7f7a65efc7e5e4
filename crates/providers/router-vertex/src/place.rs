//! Where in Google Cloud a call goes: project, location, and the host that goes with it.

use router_core::{Error, ErrorKind, Result};
use router_wire::vendor::{VendorCodec as _, check_place};

use crate::VertexCodec;

/// A project and a location of Google Cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The project's id.
    pub project: String,
    /// A region, `us` or `eu` for several of them, or `global`.
    pub location: String,
}

impl Place {
    /// A place.
    ///
    /// # Errors
    /// `Config` for names that are none: they become part of a host, which gets the token.
    pub fn new(project: impl Into<String>, location: impl Into<String>) -> Result<Self> {
        let (project, location) = (project.into(), location.into());
        // Ids of domains are `example.com:project`.
        let is_project = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b':' | b'.')
        };
        check_place(VertexCodec::VENDOR.id, "location", &location, "us-central1")?;
        if project.is_empty() || !project.bytes().all(is_project) {
            let message = format!("project {project:?}: not a name that Google Cloud has");
            return Err(Error::new(ErrorKind::Config, message));
        }
        Ok(Self { project, location })
    }

    /// The address of the location (<https://cloud.google.com/vertex-ai/generative-ai/docs/learn/locations>, read 2026-11).
    #[must_use]
    pub fn host(&self) -> String {
        match self.location.as_str() {
            "global" => "https://aiplatform.googleapis.com".to_owned(),
            several @ ("us" | "eu") => format!("https://aiplatform.{several}.rep.googleapis.com"),
            region => format!("https://{region}-aiplatform.googleapis.com"),
        }
    }

    /// What stands in front of publishers and endpoints.
    pub(crate) fn prefix(&self) -> String {
        format!("/v1/projects/{}/locations/{}", self.project, self.location)
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn hosts_of_locations() {
        let host = |location: &str| Place::new("p", location).map(|place| place.host()).ok();
        assert_eq!(
            host("global").as_deref(),
            Some("https://aiplatform.googleapis.com")
        );
        assert_eq!(
            host("eu").as_deref(),
            Some("https://aiplatform.eu.rep.googleapis.com")
        );
        assert_eq!(
            host("us-central1").as_deref(),
            Some("https://us-central1-aiplatform.googleapis.com")
        );
        for evil in ["", "evil.example/", "us-central1@x", "US", "a b", "x#", "../.."] {
            assert_eq!(host(evil), None, "{evil}");
            assert!(Place::new(evil, "global").is_err(), "{evil}");
        }
        assert!(Place::new("example.com:p-1", "global").is_ok());
        let place = Place::new("p", "global").expect("a place");
        assert_eq!(place.prefix(), "/v1/projects/p/locations/global");
    }
}
