//! The transport over hyper-util: few dependencies, few allocations.

use std::fmt;

use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use router_core::{BoxFuture, Error, ErrorKind, Result};

use crate::body::{DataFrames, not_sent};
use crate::config::{HttpConfig, HttpVersion};
use crate::connect::Bounded;
use crate::slots::{Held, Slots};
use crate::transport::{Transport, TransportRequest, TransportResponse};

/// Sends with hyper's pooled client.
#[derive(Clone)]
pub struct HyperTransport {
    client: Client<Bounded<HttpsConnector<HttpConnector>>, Full<Bytes>>,
    slots: Slots,
}

impl fmt::Debug for HyperTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HyperTransport")
            .field("slots", &self.slots)
            .finish_non_exhaustive()
    }
}

impl HyperTransport {
    /// A client set up by a configuration.
    ///
    /// # Errors
    /// `Config` for a proxy, which this transport has not, or when TLS cannot be set up.
    pub fn new(config: &HttpConfig) -> Result<Self> {
        if config.proxy.is_some() || config.system_proxy {
            return Err(Error::new(
                ErrorKind::Config,
                "proxy: the hyper transport has none; use transport = \"reqwest\"",
            ));
        }
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(config.tcp_keepalive);
        let https = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(crate::tls::config()?)
            .https_or_http();
        let connector = Bounded {
            inner: versions(https, config, tcp),
            most: config.connect_timeout,
        };
        let mut builder = Client::builder(TokioExecutor::new());
        builder
            .pool_max_idle_per_host(config.pool_max_idle_per_host)
            .pool_idle_timeout(config.pool_idle_timeout)
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            // Only what was never written: the server closed the idle connection while it was being taken.
            .retry_canceled_requests(true)
            .http1_max_buf_size(config.read_buffer_bytes.max(8192));
        if config.http_version == HttpVersion::Http2 {
            http2(&mut builder, config)?;
        }
        Ok(Self {
            client: builder.build(connector),
            slots: Slots::new(config.max_connections, config.pool_wait_timeout),
        })
    }

    async fn sent(&self, request: TransportRequest) -> Result<TransportResponse> {
        let slot = self.slots.take().await?;
        // Shared between the request and the messages of its errors.
        let url = Bytes::from(request.url);
        let shown = || shown(&url);
        let uri = http::Uri::from_maybe_shared(url.clone()).map_err(|error| {
            Error::new(
                ErrorKind::Config,
                format!("{} is no usable address: {error}", shown()),
            )
        })?;
        let mut message = http::Request::new(Full::new(request.body));
        *message.method_mut() = request.method;
        *message.uri_mut() = uri;
        *message.headers_mut() = request.headers;
        let reply = self
            .client
            .request(message)
            .await
            .map_err(|error| not_sent(shown(), error.is_connect(), error))?;
        let (head, body) = reply.into_parts();
        let body = Box::pin(Held {
            inner: DataFrames(body),
            slot,
        });
        Ok(TransportResponse::new(head.status.as_u16(), head.headers, body))
    }
}

/// An address without its query, for messages: queries may hold keys.
fn shown(url: &Bytes) -> &str {
    let url = std::str::from_utf8(url).unwrap_or_default();
    url.split('?').next().unwrap_or_default()
}

type Protocols = hyper_rustls::HttpsConnectorBuilder<hyper_rustls::builderstates::WantsProtocols1>;

#[cfg(not(feature = "http2"))]
fn versions(builder: Protocols, _config: &HttpConfig, tcp: HttpConnector) -> HttpsConnector<HttpConnector> {
    builder.enable_http1().wrap_connector(tcp)
}

#[cfg(feature = "http2")]
fn versions(builder: Protocols, config: &HttpConfig, tcp: HttpConnector) -> HttpsConnector<HttpConnector> {
    match config.http_version {
        HttpVersion::Http1 => builder.enable_http1().wrap_connector(tcp),
        HttpVersion::Http2 => builder.enable_http2().wrap_connector(tcp),
        HttpVersion::Auto => builder.enable_all_versions().wrap_connector(tcp),
    }
}

#[cfg(feature = "http2")]
#[expect(
    clippy::unnecessary_wraps,
    reason = "the same signature with and without the feature"
)]
fn http2(builder: &mut hyper_util::client::legacy::Builder, config: &HttpConfig) -> Result<()> {
    let window = u32::try_from(config.read_buffer_bytes)
        .unwrap_or(u32::MAX)
        .max(65_535);
    builder.http2_only(true).http2_initial_stream_window_size(window);
    Ok(())
}

#[cfg(not(feature = "http2"))]
fn http2(_builder: &mut hyper_util::client::legacy::Builder, _config: &HttpConfig) -> Result<()> {
    Err(Error::new(
        ErrorKind::Config,
        "http_version = \"http2\" needs the feature http2",
    ))
}

impl Transport for HyperTransport {
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<TransportResponse>> {
        Box::pin(self.sent(request))
    }
}
