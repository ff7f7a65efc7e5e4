//! The transport over reqwest: proxies, HTTP/2, and the client that an application already has.

use std::time::Duration;

use router_core::{BoxFuture, Error, ErrorKind, Result};

use crate::address::{Parsed, shown};
use crate::body::{DataFrames, not_sent};
use crate::config::{HttpConfig, HttpVersion};
use crate::slots::{Held, Slots};
use crate::transport::{Transport, TransportRequest, TransportResponse};

/// Sends with a [`reqwest::Client`].
#[derive(Clone, Debug)]
pub struct ReqwestTransport {
    client: ::reqwest::Client,
    slots: Slots,
    address: Parsed<::reqwest::Url>,
}

impl ReqwestTransport {
    /// A client of its own, set up by a configuration.
    ///
    /// # Errors
    /// `Config` for a bad proxy, or when TLS cannot be set up.
    pub fn new(config: &HttpConfig) -> Result<Self> {
        config.check()?;
        let bad = |what: &str, error: &dyn std::fmt::Display| {
            Error::new(ErrorKind::Config, format!("{what}: {error}"))
        };
        let mut client = ::reqwest::Client::builder()
            .connect_timeout(config.connect_timeout)
            .pool_max_idle_per_host(config.pool_max_idle_per_host)
            .pool_idle_timeout(config.pool_idle_timeout)
            .tcp_nodelay(true)
            .tcp_keepalive(config.tcp_keepalive)
            .redirect(::reqwest::redirect::Policy::none())
            .referer(false)
            // Retrying is the business of a layer that knows the budget.
            .retry(::reqwest::retry::never());
        if config.tcp_keepalive.is_none() {
            // Its own defaults of these would turn probes on again.
            client = client.tcp_keepalive_interval(None).tcp_keepalive_retries(None);
        }
        #[cfg(not(feature = "native-tls"))]
        {
            client = client.tls_backend_preconfigured(crate::tls::config()?);
        }
        if config.system_proxy && !cfg!(feature = "system-proxy") {
            let message = "system_proxy = true needs the feature system-proxy";
            return Err(Error::new(ErrorKind::Config, message));
        }
        match &config.proxy {
            Some(url) => {
                client = client.proxy(::reqwest::Proxy::all(url).map_err(|error| bad("proxy", &error))?)
            }
            None if config.system_proxy => {}
            None => client = client.no_proxy(),
        }
        #[cfg(feature = "http2")]
        {
            let (stream, connection) = config.http2_windows();
            client = client
                .http2_initial_stream_window_size(stream)
                .http2_initial_connection_window_size(connection);
        }
        match config.http_version {
            HttpVersion::Http1 => client = client.http1_only(),
            #[cfg(feature = "http2")]
            HttpVersion::Http2 => client = client.http2_prior_knowledge(),
            _ => {}
        }
        let client = client.build().map_err(|error| bad("HTTP client", &error))?;
        Ok(Self::with_client(
            client,
            config.max_connections,
            config.pool_wait_timeout,
        ))
    }

    /// A client that the application has set up.
    #[must_use]
    pub fn with_client(client: ::reqwest::Client, max_connections: Option<usize>, wait: Duration) -> Self {
        Self {
            client,
            slots: Slots::new(max_connections, wait),
            address: Parsed::default(),
        }
    }

    async fn sent(&self, request: TransportRequest) -> Result<TransportResponse> {
        let slot = self.slots.take().await?;
        let url = self.address.get(&request.url, ::reqwest::Url::parse)?;
        let reply = self
            .client
            .request(request.method, url)
            .headers(request.headers)
            .body(request.body)
            .send()
            .await;
        let reply = reply.map_err(|error| {
            let (connecting, builder) = (error.is_connect(), error.is_builder());
            let url = error.url().map(ToString::to_string).unwrap_or_default();
            let shown = shown(&url);
            let error = error.without_url();
            if builder {
                let message = format!("{shown} is no usable address: {error}");
                return Error::new(ErrorKind::Config, message);
            }
            not_sent(shown, connecting, error)
        })?;
        let (head, body) = http::Response::<::reqwest::Body>::from(reply).into_parts();
        let body = Box::pin(Held {
            inner: DataFrames(body),
            slot,
        });
        Ok(TransportResponse::new(head.status.as_u16(), head.headers, body))
    }
}

impl Transport for ReqwestTransport {
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<TransportResponse>> {
        Box::pin(self.sent(request))
    }
}
