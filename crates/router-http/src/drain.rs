//! Reads what is left of a body behind the end of its answer, so that the connection can be used again.

use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::transport::BodyStream;

/// Longest wait for the end of a body whose answer is over.
const PATIENCE: Duration = Duration::from_millis(500);

/// Most pieces that are thrown away behind the end of an answer.
const PIECES: usize = 16;

/// Lets go of a body whose answer is complete.
///
/// The end of an HTTP body often comes a moment after the last event. Dropping the body before would close the connection,
/// and the next call would pay for a new one.
pub(crate) fn drain(mut body: BodyStream, task: &mut Context<'_>) {
    for _ in 0..PIECES {
        match body.as_mut().poll_next(task) {
            Poll::Ready(Some(Ok(_))) => {}
            Poll::Ready(_) => return,
            Poll::Pending => {
                // Without a runtime there is no connection to keep either.
                if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                    runtime.spawn(tokio::time::timeout(PATIENCE, rest(body)));
                }
                return;
            }
        }
    }
}

async fn rest(mut body: BodyStream) {
    for _ in 0..PIECES {
        if !matches!(poll_fn(|task| body.as_mut().poll_next(task)).await, Some(Ok(_))) {
            return;
        }
    }
}
