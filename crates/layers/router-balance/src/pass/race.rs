//! Asks a second target when the first is slow, and takes the answer that comes first.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use router_core::{Call, Error, Reply, Result};
use tokio::time::sleep;

use super::{Next, Pass, ask, shown};
use crate::flight::Flight;

/// What went wrong, and where.
type Failures = [Option<(usize, Error)>; 2];

impl Pass<'_> {
    /// After how long a second target is asked, where one is.
    pub(super) fn hedge_after(&self) -> Option<Duration> {
        let config = self.pool.settings.hedge.as_ref()?;
        let delay = self.inner.hedging().begin(config, self.call.mode);
        delay.filter(|_| !self.alone)
    }

    /// Asks the target of `first`, and another one when that has not answered after `delay`. Who answers second is given up.
    pub(super) async fn race(&mut self, first: Flight, delay: Duration) -> Result<Reply, Failures> {
        let call = self.call.clone();
        let place = first.place();
        let mut one = pin!(ask(first, &call));
        let mut slow = pin!(sleep(delay));
        let early = poll_fn(|task| match one.as_mut().poll(task) {
            Poll::Ready(answer) => Poll::Ready(Some(answer)),
            Poll::Pending => slow.as_mut().poll(task).map(|()| None),
        });
        if let Some(answer) = early.await {
            return answer.map_err(|error| [Some((place, error)), None]);
        }
        let Some(second) = self.second(place) else {
            return one.await.map_err(|error| [Some((place, error)), None]);
        };
        let (other, name) = (second.place(), second.target().name.clone());
        let forked = beside(&call);
        let mut two = pin!(ask(second, &forked));
        let (mut of_one, mut of_two) = (None, None);
        let answer = poll_fn(|task| {
            let reply = answered(&mut of_one, one.as_mut(), task);
            if let Some(reply) = reply {
                return Poll::Ready(Some((reply, false)));
            }
            let reply = answered(&mut of_two, two.as_mut(), task);
            if let Some(reply) = reply {
                return Poll::Ready(Some((reply, true)));
            }
            if of_one.is_some() && of_two.is_some() {
                return Poll::Ready(None);
            }
            Poll::Pending
        })
        .await;
        for entry in forked.context.trail().entries() {
            call.context.trail().push(entry);
        }
        let Some((reply, second)) = answer else {
            return Err([
                of_one.map(|error| (place, error)),
                of_two.map(|error| (other, error)),
            ]);
        };
        let winner = if second {
            &name
        } else {
            &self.pool.targets[place].name
        };
        self.decide(format!(
            "asked {name} as well after {}; {winner} answered first",
            shown(delay)
        ));
        Ok(reply)
    }

    /// A second target beside a first.
    fn second(&mut self, first: usize) -> Option<Flight> {
        let left = self.call.context.budget().left() > 0 && self.inner.hedging().take();
        if !left {
            return None;
        }
        self.tried.push(first);
        let next = self.next();
        self.tried.pop();
        match next {
            Some(Next::Fly(mut second)) if self.call.context.budget().take() => {
                // It helps out; the order of a route says who is asked first, and not who may.
                second.stands_in = self.stands_in(second.place(), false);
                Some(second)
            }
            _ => None,
        }
    }
}

/// The call for a second target: with a trail of its own, and the caller's deadline.
fn beside(call: &Call) -> Call {
    let context = call.context.fork();
    call.with_context(match call.context.deadline() {
        Some(deadline) => context.with_deadline(deadline),
        None => context,
    })
}

/// The reply of one side of the race, once it is there; its failure is kept, and it is asked no more.
fn answered(
    failure: &mut Option<Error>,
    side: Pin<&mut impl Future<Output = Result<Reply>>>,
    task: &mut Context<'_>,
) -> Option<Reply> {
    if failure.is_some() {
        return None;
    }
    match side.poll(task) {
        Poll::Ready(Ok(reply)) => Some(reply),
        Poll::Ready(Err(error)) => {
            *failure = Some(error);
            None
        }
        Poll::Pending => None,
    }
}
