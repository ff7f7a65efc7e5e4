//! The transport over hyper-util: few dependencies, few allocations.

use std::fmt;

use bytes::Bytes;
use http::header::{HOST, HeaderValue};
use http_body_util::Full;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use router_core::{BoxFuture, Error, ErrorKind, Result};

use crate::address::{Parsed, shown};
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
    address: Parsed<Address>,
    /// Whether requests bear the header `host`, which only HTTP/1.1 has.
    names_host: bool,
}

/// Where a request goes.
#[derive(Clone)]
struct Address {
    uri: http::Uri,
    host: Option<HeaderValue>,
}

impl Address {
    fn parse(url: &str) -> std::result::Result<Self, http::uri::InvalidUri> {
        let uri = http::Uri::try_from(url)?;
        let host = uri.host().filter(|_| !has_credentials(&uri)).and_then(|host| {
            let port = uri.port().filter(|port| !is_default(&uri, port.as_u16()));
            let host = port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
            HeaderValue::from_maybe_shared(Bytes::from(host)).ok()
        });
        Ok(Self { uri, host })
    }
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
        config.check()?;
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
        #[cfg(feature = "http2")]
        {
            let (stream, connection) = config.http2_windows();
            builder
                .http2_only(config.http_version == HttpVersion::Http2)
                .http2_initial_stream_window_size(stream)
                .http2_initial_connection_window_size(connection);
        }
        Ok(Self {
            client: builder.build(connector),
            slots: Slots::new(config.max_connections, config.pool_wait_timeout),
            address: Parsed::default(),
            names_host: config.http_version == HttpVersion::Http1 || !cfg!(feature = "http2"),
        })
    }

    async fn sent(&self, request: TransportRequest) -> Result<TransportResponse> {
        let slot = self.slots.take().await?;
        let url = request.url;
        let Address { uri, host } = self.address.get(&url, Address::parse)?;
        let mut message = http::Request::new(Full::new(request.body));
        *message.method_mut() = request.method;
        *message.uri_mut() = uri;
        *message.headers_mut() = request.headers;
        if let Some(host) = host.filter(|_| self.names_host) {
            // Otherwise hyper writes it anew for each request.
            message.headers_mut().entry(HOST).or_insert(host);
        }
        let reply = self
            .client
            .request(message)
            .await
            .map_err(|error| not_sent(shown(&url), error.is_connect(), error))?;
        let (head, body) = reply.into_parts();
        let body = Box::pin(Held {
            inner: DataFrames(body),
            slot,
        });
        Ok(TransportResponse::new(head.status.as_u16(), head.headers, body))
    }
}

/// Whether the address names a user; what to do with such a name is left to hyper.
fn has_credentials(uri: &http::Uri) -> bool {
    uri.authority()
        .is_some_and(|authority| authority.as_str().contains('@'))
}

fn is_default(uri: &http::Uri, port: u16) -> bool {
    matches!(
        (uri.scheme_str(), port),
        (Some("http"), 80) | (Some("https"), 443)
    )
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

impl Transport for HyperTransport {
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<TransportResponse>> {
        Box::pin(self.sent(request))
    }
}
