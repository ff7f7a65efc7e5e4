//! What is known of a vendor without asking it: address, authentication, variables, default model.

use router_core::{Error, ErrorKind, Json, ProviderId, Result};

use crate::codec::Codec;

/// Facts about a vendor.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Vendor {
    /// The provider's id, which is also the name of its crate's feature.
    pub id: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// Other names under which it is known.
    pub aliases: &'static [&'static str],
    /// The address before the paths of its wire, without a slash at the end.
    pub base_url: &'static str,
    /// Environment variables that override the address, the first that is set wins.
    pub base_url_env: &'static [&'static str],
    /// How an address in those variables, or in a configuration, is read. As it stands, unless the vendor's own tools take
    /// something else there.
    pub read_address: fn(&str) -> String,
    /// How a request is authenticated.
    pub auth: AuthScheme,
    /// Environment variables that hold the key, the first that is set wins.
    pub key_env: &'static [&'static str],
    /// The model that a command line takes when none was named.
    pub default_model: Option<&'static str>,
    /// The vendor's reference of its API.
    pub reference: &'static str,
}

impl Vendor {
    /// A vendor with a key in `Authorization: Bearer`.
    #[must_use]
    pub const fn new(id: &'static str, name: &'static str, base_url: &'static str) -> Self {
        Self {
            id,
            name,
            aliases: &[],
            base_url,
            base_url_env: &[],
            read_address: as_it_stands,
            auth: AuthScheme::Bearer,
            key_env: &[],
            default_model: None,
            reference: "",
        }
    }

    /// With other names.
    #[must_use]
    pub const fn with_aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// With variables for the key.
    #[must_use]
    pub const fn with_key_env(mut self, names: &'static [&'static str]) -> Self {
        self.key_env = names;
        self
    }

    /// With variables for the address.
    #[must_use]
    pub const fn with_base_url_env(mut self, names: &'static [&'static str]) -> Self {
        self.base_url_env = names;
        self
    }

    /// With another way to read an address in those variables, such as `host:port` without a scheme.
    #[must_use]
    pub const fn with_address_reader(mut self, read: fn(&str) -> String) -> Self {
        self.read_address = read;
        self
    }

    /// With a way to authenticate.
    #[must_use]
    pub const fn with_auth(mut self, auth: AuthScheme) -> Self {
        self.auth = auth;
        self
    }

    /// With a default model.
    #[must_use]
    pub const fn with_default_model(mut self, model: &'static str) -> Self {
        self.default_model = Some(model);
        self
    }

    /// With the address of the vendor's reference.
    #[must_use]
    pub const fn with_reference(mut self, url: &'static str) -> Self {
        self.reference = url;
        self
    }
}

fn as_it_stands(address: &str) -> String {
    address.to_owned()
}

/// Checks the name of a place where a vendor is, such as a region: it becomes a part of the host that gets the key.
///
/// # Errors
/// `Config` naming the vendor, its setting and an example, for what can be no part of a host.
pub fn check_place(vendor: &'static str, setting: &str, name: &str, example: &str) -> Result<()> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !name.is_empty() && name.len() <= 63 && name.bytes().all(fits) {
        return Ok(());
    }
    let message = format!("{setting} {name:?}: not a name that this vendor has; one is {example}");
    Err(Error::new(ErrorKind::Config, message).with_provider(&ProviderId::from_static(vendor)))
}

/// How a request is authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthScheme {
    /// `Authorization: Bearer KEY`.
    Bearer,
    /// The key in a header of this name, in lower case.
    Header(&'static str),
    /// A bearer key when one is set, none otherwise: servers of one's own.
    OptionalBearer,
    /// By something that the provider crate brings.
    Custom,
}

/// A codec that a provider can be built from by name: the vendor's facts and a constructor.
pub trait VendorCodec: Codec + Sized {
    /// The vendor.
    const VENDOR: Vendor;

    /// The codec of a provider with this id, which is [`Vendor::id`] unless a configuration gives another name.
    fn new(id: ProviderId) -> Self;

    /// The codec with differences from the vendor's dialect, as a configuration gives them.
    ///
    /// # Errors
    /// `Config` for what is no difference that it knows; a vendor that is not of OpenAI's family knows none.
    fn with_dialect(self, differences: &Json) -> Result<Self> {
        let _ = differences;
        Err(Error::new(
            ErrorKind::Config,
            format!("{} has no dialect: its wire is its own", Self::VENDOR.id),
        ))
    }
}
