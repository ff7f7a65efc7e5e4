//! How much is read ahead of the reader.

use std::sync::Arc;

use http::{HeaderMap, Method};
use router_http::{HttpConfig, Transport, TransportKind, TransportRequest};

use crate::config;

/// A transport of the kind, for tests below the provider.
fn transport(config: &HttpConfig) -> Arc<dyn Transport> {
    match config.transport {
        #[cfg(feature = "hyper")]
        Some(TransportKind::Hyper) => {
            Arc::new(router_http::hyper::HyperTransport::new(config).expect("the transport is set up"))
        }
        _ => Arc::new(router_http::reqwest::ReqwestTransport::new(config).expect("the transport is set up")),
    }
}

fn request(url: &str) -> TransportRequest {
    TransportRequest::new(Method::GET, url.to_owned(), HeaderMap::new(), bytes::Bytes::new())
}

/// Pieces of a body are as large as the buffer lets them be.
#[cfg(feature = "hyper")]
#[tokio::test]
async fn read_buffer_bytes_on_hyper() {
    let mut largest = Vec::new();
    for buffer in [16 * 1024, 1024 * 1024] {
        let server =
            crate::server::Server::always(crate::server::answer(200, &[], vec![b'x'; 4 * 1024 * 1024])).await;
        let mut config = config(TransportKind::Hyper);
        config.read_buffer_bytes = buffer;
        let mut answer = transport(&config)
            .send(request(&server.url()))
            .await
            .expect("a head");
        let mut most = 0;
        let mut all = 0;
        while let Some(piece) = std::future::poll_fn(|task| answer.body.as_mut().poll_next(task)).await {
            let piece = piece.expect("a body");
            most = most.max(piece.len());
            all += piece.len();
            // The server gets ahead of the reader.
            tokio::task::yield_now().await;
        }
        assert_eq!(all, 4 * 1024 * 1024);
        largest.push(most);
    }
    assert!(largest[0] <= 16 * 1024, "{largest:?}");
    assert!(largest[1] > 16 * 1024, "{largest:?}");
}

#[cfg(feature = "http2")]
mod http2 {
    use std::sync::atomic::Ordering;

    use bytes::Bytes;
    use router_http::{HttpVersion, TransportKind};

    use super::{request, transport};
    use crate::knobs::http2::serve;
    use crate::{config, on_both};

    on_both! {
        read_buffer_bytes_is_the_window
        slow_readers_hold_up_nobody_beside_them
    }

    /// What a reader does not take, the server does not send.
    async fn read_buffer_bytes_is_the_window(kind: TransportKind) {
        let mut sent = Vec::new();
        for window in [64 * 1024, 1024 * 1024] {
            let (address, pieces) = serve(Bytes::from(vec![b'x'; 16 * 1024]), 1000).await;
            let mut config = config(kind);
            config.http_version = HttpVersion::Http2;
            config.read_buffer_bytes = window;
            let transport = transport(&config);
            let answer = transport
                .send(request(&format!("http://{address}/")))
                .await
                .expect("a head");
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            sent.push(pieces.load(Ordering::Acquire) * 16 * 1024);
            drop(answer);
        }
        assert!(
            sent[0] < 700_000,
            "windows of 192 KiB let {} bytes through",
            sent[0]
        );
        assert!(
            sent[1] > 3_000_000,
            "windows of 3 MiB let {} bytes through",
            sent[1]
        );
        assert!(
            sent[1] < 5_000_000,
            "windows of 3 MiB let {} bytes through",
            sent[1]
        );
    }

    /// Streams of one connection that nobody reads leave it open for others.
    async fn slow_readers_hold_up_nobody_beside_them(kind: TransportKind) {
        let (address, _) = serve(Bytes::from(vec![b'x'; 16 * 1024]), 64).await;
        let mut config = config(kind);
        config.http_version = HttpVersion::Http2;
        let transport = transport(&config);
        let url = format!("http://{address}/");
        let mut unread = Vec::new();
        for _ in 0..150 {
            unread.push(transport.send(request(&url)).await.expect("a head"));
        }
        let mut answer = transport.send(request(&url)).await.expect("a head");
        let read = async {
            let mut all = 0;
            while let Some(piece) = std::future::poll_fn(|task| answer.body.as_mut().poll_next(task)).await {
                all += piece.expect("a body").len();
            }
            all
        };
        let all = tokio::time::timeout(std::time::Duration::from_secs(20), read).await;
        assert_eq!(all.expect("it is not held up"), 64 * 16 * 1024);
    }
}
