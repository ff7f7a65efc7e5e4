//! Puts a service on a socket.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use router_core::{Error, ErrorKind, Result, Text};
use router_wire::HttpRequest;
use tokio::net::{TcpListener, TcpStream};

use crate::body::ServedResponse;
use crate::service::Serve;

/// Bounds of a listener.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Most bytes of a request's body: 32 MiB.
    pub max_body_bytes: usize,
    /// Longest time for a request's head: 10 s.
    pub head_timeout: Duration,
    /// Longest time in which nothing of a request's body comes: 30 s.
    pub body_timeout: Duration,
    /// Longest time for open requests when the listener shuts down: 30 s.
    pub drain: Duration,
}

/// Most bytes that a connection holds for a client that reads slowly, and of a request's head.
const BUFFER: usize = 32 * 1024;

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_body_bytes: 32 * 1024 * 1024,
            head_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            drain: Duration::from_secs(30),
        }
    }
}

/// Serves connections of `listener` until `shutdown` resolves, then lets open requests finish within the drain time.
///
/// # Errors
/// Only those of the socket itself; a bad connection never ends the listener.
pub async fn listen(
    listener: TcpListener,
    service: impl Serve,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let open = tokio_open::Open::default();
    let mut shutdown = pin!(shutdown);
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                // Out of file descriptors, or a peer that was gone already: the next one may do.
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                }
            },
            () = shutdown.as_mut() => break,
        };
        let guard = open.enter();
        let service = service.clone();
        tokio::spawn(async move {
            serve(stream, service, limits, guard.closing()).await;
            drop(guard);
        });
    }
    drop(listener);
    open.close();
    let _ = tokio::time::timeout(limits.drain, open.empty()).await;
    Ok(())
}

/// Binds an address; port 0 takes a free one.
///
/// # Errors
/// When the address is taken or not there.
pub async fn bind(address: &str) -> std::io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

async fn serve(stream: TcpStream, service: impl Serve, limits: Limits, closing: impl Future<Output = ()>) {
    // A head and a body written apart would wait for an acknowledgement otherwise.
    let _ = stream.set_nodelay(true);
    let respond = service_fn(move |request| {
        let service = service.clone();
        async move { Ok::<_, std::convert::Infallible>(respond(&service, request, limits).await.into_http()) }
    });
    let mut server = auto::Builder::new(TokioExecutor::new());
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        .max_buf_size(BUFFER);
    server.http2().timer(TokioTimer::new());
    let mut connection = pin!(server.serve_connection(TokioIo::new(stream), respond));
    let mut closing = pin!(closing);
    tokio::select! {
        _ = connection.as_mut() => return,
        () = closing.as_mut() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

async fn respond(service: &impl Serve, request: http::Request<Incoming>, limits: Limits) -> ServedResponse {
    let (head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = HttpRequest::new(head.method, path);
    request.headers = head.headers;
    match service.admit(&request) {
        Ok(admitted) => match read(body, limits, true).await {
            Ok(body) => {
                request.body = body;
                service.serve(request, admitted).await
            }
            Err(wrong) => service.refuse(&request, &wrong),
        },
        Err(refused) => {
            // Who still writes does not read: a connection that is closed before would lose the answer.
            let _ = read(body, limits, false).await;
            refused
        }
    }
}

/// Reads a body to its end; what nobody wants is not kept.
async fn read(mut body: Incoming, limits: Limits, is_wanted: bool) -> Result<Bytes> {
    // Joined as they come: a body of many small pieces would weigh many times its length.
    let mut whole = Vec::new();
    let mut length = 0;
    loop {
        let Ok(frame) = tokio::time::timeout(limits.body_timeout, body.frame()).await else {
            let message = format!("nothing of the body came for {:?}", limits.body_timeout);
            return Err(wrong(408, "request_timeout", message));
        };
        let Some(frame) = frame else { break };
        let frame = frame.map_err(|_| wrong(400, "incomplete_body", "the body broke off"))?;
        let Ok(piece) = frame.into_data() else { continue };
        length += piece.len();
        if length > limits.max_body_bytes {
            let message = format!("the body is longer than {} bytes", limits.max_body_bytes);
            return Err(wrong(413, "request_too_large", message));
        }
        if is_wanted {
            whole.extend_from_slice(&piece);
        }
    }
    Ok(whole.into())
}

/// What is wrong with a body that does not come whole.
fn wrong(status: u16, code: &'static str, message: impl Into<Text>) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
        .with_status(status)
        .with_code(code)
}

/// Counts open connections, and tells them to finish.
mod tokio_open {
    use std::sync::Arc;

    use tokio::sync::watch;

    #[derive(Clone)]
    pub(super) struct Open {
        closing: Arc<watch::Sender<bool>>,
    }

    impl Default for Open {
        fn default() -> Self {
            Self {
                closing: Arc::new(watch::Sender::new(false)),
            }
        }
    }

    pub(super) struct Guard(watch::Receiver<bool>);

    impl Open {
        pub(super) fn enter(&self) -> Guard {
            Guard(self.closing.subscribe())
        }

        pub(super) fn close(&self) {
            self.closing.send_replace(true);
        }

        /// Resolves when the last guard is gone.
        pub(super) async fn empty(&self) {
            self.closing.closed().await;
        }
    }

    impl Guard {
        /// Resolves when connections are to finish.
        pub(super) fn closing(&self) -> impl Future<Output = ()> + use<> {
            let mut closing = self.0.clone();
            async move {
                let _ = closing.wait_for(|closing| *closing).await;
            }
        }
    }
}
