//! A call that one request cannot carry goes out as several, a few at a time, and is answered as one.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use router_core::{Call, EventStream, Operation, Output, Reply, Result, replay};
use router_wire::Codec;

use crate::provider::HttpProvider;

/// Most requests of one call at the same time.
const AT_ONCE: usize = 4;

impl<C: Codec> HttpProvider<C> {
    /// The answers to the pieces of a call, as one. The first failure is the call's, and ends what is still under way.
    pub(crate) async fn batches(&self, call: &Call, pieces: Vec<Operation>) -> Result<Reply> {
        let calls: Vec<Call> = pieces
            .into_iter()
            .map(|piece| Call::new(call.model.clone(), piece).with_context(call.context.clone()))
            .collect();
        let replies = in_order(calls.iter().map(|call| Box::pin(self.one(call)))).await?;
        let mut head = None;
        let mut answers = Vec::with_capacity(replies.len());
        for (reply, call) in replies.into_iter().zip(calls) {
            // What is told beside an answer is the same for each, or tells of one request only.
            head.get_or_insert(reply.head.clone());
            answers.push((call.operation, reply.into_output().await?));
        }
        let output = Output::joined(answers)?;
        let reply = if call.is_stream() {
            Reply::stream(EventStream::from_events(replay::output_events(output)))
        } else {
            Reply::full(output)
        };
        Ok(reply.with_head(head.unwrap_or_default()))
    }
}

/// The outputs of futures in their order, a few of them running at a time; the first error, when one fails.
async fn in_order<T, F: Future<Output = Result<T>>>(
    futures: impl Iterator<Item = Pin<Box<F>>>,
) -> Result<Vec<T>> {
    let mut waiting = futures.enumerate();
    let mut running: Vec<(usize, Pin<Box<F>>)> = Vec::with_capacity(AT_ONCE);
    let mut done: Vec<Option<T>> = Vec::new();
    poll_fn(|task| {
        loop {
            running.extend(waiting.by_ref().take(AT_ONCE - running.len()));
            if running.is_empty() {
                return Poll::Ready(Ok(()));
            }
            let before = running.len();
            let mut at = 0;
            while at < running.len() {
                match running[at].1.as_mut().poll(task) {
                    Poll::Pending => at += 1,
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Ready(Ok(output)) => {
                        let (place, _) = running.swap_remove(at);
                        done.resize_with(done.len().max(place + 1), || None);
                        done[place] = Some(output);
                    }
                }
            }
            // What takes a free place has to be polled once as well.
            if running.len() == before {
                return Poll::Pending;
            }
        }
    })
    .await?;
    Ok(done.into_iter().flatten().collect())
}
