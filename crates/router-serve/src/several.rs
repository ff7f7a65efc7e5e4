//! A request that asks several things is a call for each, and their answers are given as one.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use router_core::stream::StreamFinish;
use router_core::{
    Call, ChatResponse, Error, ErrorKind, EventStream, Output, Provider, Reply, Result, StreamEvent,
};

use crate::service::streamed;

/// Most calls of one request at the same time.
const AT_ONCE: usize = 16;

/// Answers a call, and with it more calls as one: choices of each behind those of the one before, with room for `choices` of
/// each.
///
/// # Errors
/// The first error of any of them; the others are dropped then.
pub(crate) async fn answer(
    provider: Arc<dyn Provider>,
    call: Call,
    more: Vec<Call>,
    choices: u32,
) -> Result<Reply> {
    if more.is_empty() {
        return provider.call(&call).await;
    }
    let streams = call.is_stream();
    let calls = std::iter::once(call).chain(more).collect();
    // Boxed, so that a single call has no room to carry for them.
    if streams {
        Box::pin(stream_all(provider, calls, choices)).await
    } else {
        Box::pin(gather_all(&provider, calls, choices)).await
    }
}

async fn gather_all(provider: &Arc<dyn Provider>, calls: Vec<Call>, choices: u32) -> Result<Reply> {
    let mut replies = stream::iter(calls)
        .map(|call| async move { provider.call(&call).await })
        .buffered(AT_ONCE);
    let (mut head, mut whole) = (None, None);
    let mut at = 0;
    while let Some(reply) = replies.try_next().await? {
        head.get_or_insert_with(|| reply.head.clone());
        let Output::Chat(mut answer) = reply.into_output().await? else {
            return Err(Error::new(
                ErrorKind::Decode,
                "the provider answered something else than a chat",
            ));
        };
        shift(&mut answer, at * choices);
        at += 1;
        match &mut whole {
            Some(whole) => join(whole, answer),
            whole @ None => *whole = Some(answer),
        }
    }
    let whole = whole.unwrap_or_default();
    Ok(Reply::full(whole).with_head(head.unwrap_or_default()))
}

fn shift(answer: &mut ChatResponse, by: u32) {
    for choice in &mut answer.choices {
        choice.index += by;
    }
}

fn join(whole: &mut ChatResponse, answer: ChatResponse) {
    whole.choices.extend(answer.choices);
    match (&mut whole.usage, &answer.usage) {
        (Some(usage), Some(more)) => usage.add(more),
        (usage @ None, Some(_)) => *usage = answer.usage,
        (_, None) => {}
    }
}

async fn stream_all(provider: Arc<dyn Provider>, calls: Vec<Call>, choices: u32) -> Result<Reply> {
    let mut head = router_core::Head::default();
    head.provider = provider.id().clone();
    if let Some(call) = calls.first() {
        head.model = call.model.clone();
    }
    let left = calls.len();
    let events = stream::iter(calls.into_iter().zip(0..)).map(move |(call, at): (Call, u32)| {
        let provider = Arc::clone(&provider);
        let events = async move {
            let reply = provider.call(&call).await?;
            Ok::<_, Error>(streamed(reply)?.1)
        };
        let events = stream::once(events).try_flatten();
        Box::pin(events.map_ok(move |mut event| {
            match &mut event {
                StreamEvent::Finish(finish) => {
                    finish
                        .choices
                        .iter_mut()
                        .for_each(|end| end.index += at * choices);
                }
                event => {
                    if let Some(choice) = event.choice_mut() {
                        *choice += at * choices;
                    }
                }
            }
            event
        }))
    });
    let merged = Merged {
        events: Box::pin(events.flatten_unordered(AT_ONCE)),
        started: false,
        left,
        finish: None,
    };
    let stream = EventStream::new(merged).committed().await?;
    Ok(Reply::stream(stream).with_head(head))
}

/// The events of several answers, with one beginning and one end.
struct Merged {
    events: Pin<Box<dyn Stream<Item = Result<StreamEvent>> + Send>>,
    started: bool,
    /// How many answers are not complete.
    left: usize,
    finish: Option<Box<StreamFinish>>,
}

impl Merged {
    /// The event to give on, if any.
    fn pass(&mut self, event: StreamEvent) -> Option<StreamEvent> {
        match event {
            StreamEvent::Start(_) if std::mem::replace(&mut self.started, true) => None,
            StreamEvent::Finish(finish) => {
                self.left -= 1;
                match &mut self.finish {
                    Some(all) => {
                        all.choices.extend(finish.choices);
                        match (&mut all.usage, finish.usage) {
                            (Some(usage), Some(more)) => usage.add(&more),
                            (usage @ None, Some(more)) => *usage = Some(more),
                            (_, None) => {}
                        }
                    }
                    all @ None => *all = Some(finish),
                }
                let mut finish = self.finish.take_if(|_| self.left == 0)?;
                finish.choices.sort_by_key(|end| end.index);
                Some(StreamEvent::Finish(finish))
            }
            event => Some(event),
        }
    }
}

impl Stream for Merged {
    type Item = Result<StreamEvent>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let event = match self.events.as_mut().poll_next(task) {
                Poll::Ready(Some(Ok(event))) => event,
                other => return other,
            };
            if let Some(event) = self.pass(event) {
                return Poll::Ready(Some(Ok(event)));
            }
        }
    }
}
