//! The body of a reply of either transport as a stream of bytes.

use std::error::Error as StdError;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use http_body::Body;
use router_core::error::TimeoutKind;
use router_core::{Error, ErrorKind, Result};

/// Data frames of a body; trailers pass by.
pub(crate) struct DataFrames<B>(pub(crate) B);

impl<B> Stream for DataFrames<B>
where
    B: Body<Data = Bytes, Error: StdError + Send + Sync + 'static> + Unpin,
{
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        loop {
            let frame = match pin!(&mut self.0).poll_frame(task) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(broken(error)))),
                Poll::Ready(Some(Ok(frame))) => frame,
            };
            if let Ok(data) = frame.into_data()
                && !data.is_empty()
            {
                return Poll::Ready(Some(Ok(data)));
            }
        }
    }
}

fn broken(error: impl StdError + Send + Sync + 'static) -> Error {
    let message = format!(
        "the connection broke while the answer was coming: {}",
        deepest(&error)
    );
    Error::new(ErrorKind::Transport, message).with_source(error)
}

/// An error of a transport before the reply's head, told in one line without address parts that may hold keys.
pub(crate) fn not_sent(
    shown_url: &str,
    connecting: bool,
    error: impl StdError + Send + Sync + 'static,
) -> Error {
    let cause = deepest(&error);
    if connecting {
        let kind = if is_timeout(&error) {
            ErrorKind::Timeout(TimeoutKind::Connect)
        } else {
            ErrorKind::Transport
        };
        return Error::new(kind, format!("cannot connect to {shown_url}: {cause}")).with_source(error);
    }
    let message = format!("the connection to {shown_url} broke before an answer came: {cause}");
    Error::new(ErrorKind::Transport, message).with_source(error)
}

/// The innermost cause, which says it plainest.
fn deepest(error: &(dyn StdError + 'static)) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

fn is_timeout(error: &(dyn StdError + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let timed_out = error
            .downcast_ref::<std::io::Error>()
            .is_some_and(|io| io.kind() == std::io::ErrorKind::TimedOut);
        if timed_out || error.to_string().contains("timed out") {
            return true;
        }
        cause = error.source();
    }
    false
}
