//! Bounds the time to make a connection, name lookup and TLS included.

use std::error::Error as StdError;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use tower_service::Service;

/// A connector that gives up after a time. The TCP connector of hyper-util bounds its own part only.
#[derive(Clone, Debug)]
pub(crate) struct Bounded<C> {
    pub(crate) inner: C,
    pub(crate) most: Duration,
}

type Failure = Box<dyn StdError + Send + Sync>;

impl<C> Service<Uri> for Bounded<C>
where
    C: Service<Uri, Error: Into<Failure>, Future: Send + 'static, Response: 'static>,
{
    type Response = C::Response;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<C::Response, Failure>> + Send>>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.inner.poll_ready(task).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let (connecting, most) = (self.inner.call(uri), self.most);
        Box::pin(async move {
            match tokio::time::timeout(most, connecting).await {
                Ok(connection) => connection.map_err(Into::into),
                Err(_) => {
                    let message = format!("no connection within {most:?}");
                    Err(io::Error::new(io::ErrorKind::TimedOut, message).into())
                }
            }
        })
    }
}
