//! What a model's name stands for: an official model, a version, or a deployment.

use router_core::{Error, ErrorKind, Result};
use router_wire::object::invalid;

/// Where a prediction is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target<'a> {
    pub(crate) path: String,
    /// The version, which stands in the body.
    pub(crate) version: Option<&'a str>,
    /// Who made the model: their models take their own words.
    pub(crate) owner: &'a str,
    pub(crate) name: &'a str,
}

impl<'a> Target<'a> {
    /// `owner/name`, `owner/name:version`, a version alone, or `deployments/owner/name`.
    pub(crate) fn of(model: &'a str) -> Result<Self> {
        let bare = model.trim();
        let (bare, version) = match bare.split_once(':') {
            Some((name, version)) => (name, Some(version)),
            None if is_version(bare) => ("", Some(bare)),
            None => (bare, None),
        };
        if version.is_some_and(|version| !is_version(version)) {
            return Err(invalid(
                "model",
                "the version behind the colon must be 64 hexadecimal digits",
            ));
        }
        let names: Vec<&str> = bare.split('/').collect();
        let plain = |name: &&str| {
            !name.is_empty()
                && *name != ".."
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        };
        let of = |path: String, owner, name| Self {
            path,
            version,
            owner,
            name,
        };
        match (&names[..], version) {
            ([""], Some(_)) => Ok(of("/predictions".to_owned(), "", "")),
            ([owner, name], Some(_)) if names.iter().all(plain) => {
                Ok(of("/predictions".to_owned(), owner, name))
            }
            ([owner, name], None) if names.iter().all(plain) => {
                Ok(of(format!("/models/{owner}/{name}/predictions"), owner, name))
            }
            (["deployments", owner, name], None) if names.iter().all(plain) => Ok(of(
                format!("/deployments/{owner}/{name}/predictions"),
                owner,
                name,
            )),
            _ => Err(Error::new(
                ErrorKind::InvalidRequest,
                "model: must be owner/name, owner/name:version, a version, or deployments/owner/name",
            )),
        }
    }
}

fn is_version(word: &str) -> bool {
    word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}
