//! What moves the bytes, over real sockets on loopback.

mod awkward;
mod batches;
mod builder;
mod cancel;
mod errors;
mod jobs;
mod knobs;
mod server;
mod streams;
mod tokens;
#[cfg(feature = "hyper")]
mod windows;

use std::time::Duration;

use router_core::ProviderId;
use router_http::{HttpConfig, HttpProvider, TransportKind};
use router_wire_openai::{Compatible, Dialect};

use server::Server;

/// Makes each test once for each transport that is compiled in.
macro_rules! on_both {
    ($($(#[$attribute:meta])* $name:ident)+) => {
        mod on_reqwest {
            $(#[tokio::test] $(#[$attribute])* async fn $name() {
                super::$name(router_http::TransportKind::Reqwest).await;
            })+
        }
        #[cfg(feature = "hyper")]
        mod on_hyper {
            $(#[tokio::test] $(#[$attribute])* async fn $name() {
                super::$name(router_http::TransportKind::Hyper).await;
            })+
        }
    };
}
use on_both;

type Plain = HttpProvider<Compatible>;

fn config(kind: TransportKind) -> HttpConfig {
    let mut config = HttpConfig::default();
    config.transport = Some(kind);
    config
}

fn builder() -> router_http::Builder<Compatible> {
    HttpProvider::builder_with(Compatible::new(
        ProviderId::from_static("plain"),
        Dialect::default(),
    ))
}

/// A provider for a server.
fn provider(server: &Server, config: HttpConfig) -> Plain {
    builder()
        .base_url(server.url())
        .config(config)
        .build()
        .expect("the provider builds")
}

/// Waits until something is so, for two seconds at most.
async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..400 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{what} did not come about within two seconds");
}
