//! Whom a connection trusts: Mozilla's certificates, or those of a file.

use std::path::Path;

use redis::{Client, ConnectionInfo};
use router_core::secret::mask_secrets;

/// The client of an address; what is wrong is one line that names the setting.
pub(crate) fn open(info: ConnectionInfo, ca_file: Option<&Path>) -> Result<Client, String> {
    #[cfg(feature = "tls")]
    install_ring();
    match ca_file {
        Some(file) => trusting(info, file),
        None => {
            Client::open(info).map_err(|error| format!("redis.url: {}", mask_secrets(&error.to_string())))
        }
    }
}

#[cfg(feature = "tls")]
fn trusting(info: ConnectionInfo, file: &Path) -> Result<Client, String> {
    let shown = file.display();
    let pem =
        std::fs::read(file).map_err(|error| format!("redis.ca_file {shown} cannot be read: {error}"))?;
    if !String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") {
        return Err(format!("redis.ca_file {shown} holds no certificate in PEM"));
    }
    let certificates = redis::TlsCertificates {
        client_tls: None,
        root_cert: Some(pem),
    };
    let client = Client::build_with_tls(info, certificates);
    client.map_err(|error| format!("redis.ca_file {shown}: {}", mask_secrets(&error.to_string())))
}

#[cfg(not(feature = "tls"))]
fn trusting(_: ConnectionInfo, file: &Path) -> Result<Client, String> {
    Err(format!(
        "redis.ca_file {} is of no use without the feature `tls` of router-redis",
        file.display()
    ))
}

/// Makes ring the cryptography of the process, unless the application has chosen one: the `redis` crate takes what is set.
#[cfg(feature = "tls")]
fn install_ring() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Somebody else was first: then that one is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}
