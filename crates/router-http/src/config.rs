//! How connections are made, kept and bounded.

use std::time::Duration;

use router_core::human::{duration, optional_duration};
use router_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

/// Settings of a transport. Every field has a default, and unknown fields are refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct HttpConfig {
    /// Which transport; the first that is compiled in of reqwest and hyper when absent.
    pub transport: Option<TransportKind>,
    /// Longest time to make a connection, TLS included: 5 s.
    #[serde(with = "duration")]
    pub connect_timeout: Duration,
    /// Most idle connections kept per host: 32.
    pub pool_max_idle_per_host: usize,
    /// How long an idle connection is kept: 90 s.
    #[serde(with = "duration")]
    pub pool_idle_timeout: Duration,
    /// Most requests under way at once; unbounded when absent. Further ones wait for a free connection.
    pub max_connections: Option<usize>,
    /// Longest wait for a free connection: 10 s.
    #[serde(with = "duration")]
    pub pool_wait_timeout: Duration,
    /// Interval of TCP keep-alive probes: 60 s; absent turns them off.
    #[serde(with = "optional_duration")]
    pub tcp_keepalive: Option<Duration>,
    /// Which HTTP version.
    pub http_version: HttpVersion,
    /// A proxy for all requests, as a URL; the hyper transport has none.
    pub proxy: Option<String>,
    /// Whether proxies are taken from the environment where none is given; needs the feature `system-proxy`.
    pub system_proxy: bool,
    /// Most bytes read from a connection ahead of the reader, on hyper: 64 KiB. HTTP/2 takes three times as much as its stream
    /// window, on both transports.
    pub read_buffer_bytes: usize,
    /// Most bytes of a whole answer: 64 MiB.
    pub max_response_bytes: usize,
    /// Most bytes kept of an error's body: 64 KiB.
    pub max_error_bytes: usize,
    /// Most bytes of one frame of a stream: 8 MiB.
    pub max_frame_bytes: usize,
    /// Longest wait for a job that a vendor works at, over all the times it is asked: 10 min.
    #[serde(with = "duration")]
    pub job_timeout: Duration,
    /// The `user-agent` header.
    pub user_agent: String,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            transport: None,
            connect_timeout: Duration::from_secs(5),
            pool_max_idle_per_host: 32,
            pool_idle_timeout: Duration::from_secs(90),
            max_connections: None,
            pool_wait_timeout: Duration::from_secs(10),
            tcp_keepalive: Some(Duration::from_secs(60)),
            http_version: HttpVersion::Auto,
            proxy: None,
            system_proxy: false,
            read_buffer_bytes: 64 * 1024,
            max_response_bytes: 64 * 1024 * 1024,
            max_error_bytes: 64 * 1024,
            max_frame_bytes: 8 * 1024 * 1024,
            job_timeout: Duration::from_secs(600),
            user_agent: concat!("llm-api-router/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

impl HttpConfig {
    /// Whether a transport can work by it.
    ///
    /// # Errors
    /// `Config` naming the field.
    pub fn check(&self) -> Result<()> {
        let none_at_all = [
            ("max_connections", self.max_connections == Some(0)),
            ("connect_timeout", self.connect_timeout.is_zero()),
            ("job_timeout", self.job_timeout.is_zero()),
            ("read_buffer_bytes", self.read_buffer_bytes == 0),
            ("max_response_bytes", self.max_response_bytes == 0),
            ("max_error_bytes", self.max_error_bytes == 0),
            ("max_frame_bytes", self.max_frame_bytes == 0),
        ];
        if self.http_version == HttpVersion::Http2 && !cfg!(feature = "http2") {
            let message = "http_version = \"http2\" needs the feature http2";
            return Err(Error::new(ErrorKind::Config, message));
        }
        match none_at_all.into_iter().find(|(_, is_zero)| *is_zero) {
            None => Ok(()),
            Some((field, _)) => Err(Error::new(
                ErrorKind::Config,
                format!("http.{field} is 0: nothing could ever come; leave it out for the default"),
            )),
        }
    }
}

#[cfg(feature = "http2")]
impl HttpConfig {
    /// The windows of a stream and of its connection: what a vendor may send ahead of the reader.
    ///
    /// A stream comes no faster than a window for each round trip, so that its window is larger than the buffer for HTTP/1. A
    /// connection has room for what 256 streams may leave unread: readers who are slow never hold up those beside them.
    pub(crate) fn http2_windows(&self) -> (u32, u32) {
        const LARGEST: u32 = (1 << 31) - 1;
        let stream = u32::try_from(self.read_buffer_bytes.saturating_mul(3)).unwrap_or(LARGEST);
        let stream = stream.clamp(65_535, LARGEST);
        (stream, stream.saturating_mul(256).min(LARGEST))
    }
}

/// Which transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum TransportKind {
    /// reqwest.
    Reqwest,
    /// hyper.
    Hyper,
}

/// Which HTTP version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HttpVersion {
    /// What TLS agrees on; HTTP/1.1 without TLS.
    #[default]
    Auto,
    /// HTTP/1.1 only.
    Http1,
    /// HTTP/2 only, also without TLS; needs the feature `http2`.
    Http2,
}
