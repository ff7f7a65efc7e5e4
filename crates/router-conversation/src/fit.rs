//! Chooses what of a conversation is sent, so that it fits and every vendor takes it.

use std::ops::Range;
use std::sync::Arc;

use router_core::tokens::TokenCounter;
use router_core::{Error, ErrorKind, Message, ModelId, Result, Role, Text, Warning};

use crate::conversation::Conversation;
use crate::exchange::{Exchange, Kind, exchanges};
use crate::policy::{Policy, Strategy};
use crate::record::Entry;

/// Tells how much an entry matters, from 0 to 1; `age` is 0 for the newest exchange and 1 for the oldest.
pub type Importance = Arc<dyn Fn(&Entry, f32) -> f32 + Send + Sync>;

/// What is sent of a conversation, and what is not.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Fitted {
    /// What is sent, oldest first. Contents are shared with the conversation.
    pub messages: Vec<Message>,
    /// Tokens of these, with the frame given.
    pub tokens: u64,
    /// Ids of the messages that are left out, oldest first; those that a summary stands for aside.
    pub dropped: Vec<Text>,
}

impl Fitted {
    /// What to tell the caller, where something was left out.
    #[must_use]
    pub fn warning(&self) -> Option<Warning> {
        let dropped = self.dropped.len();
        (dropped > 0).then(|| {
            let sent = self.messages.len();
            Warning::dropped(
                "messages",
                format!("{dropped} earlier messages did not fit the window; {sent} were sent"),
            )
        })
    }
}

/// Chooses messages. Holds the settings; the conversation comes with each call.
#[derive(Clone)]
pub struct Fitter {
    policy: Policy,
    counter: Arc<dyn TokenCounter>,
    importance: Importance,
}

impl std::fmt::Debug for Fitter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fitter")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

impl Fitter {
    /// A fitter.
    #[must_use]
    pub fn new(policy: Policy, counter: Arc<dyn TokenCounter>) -> Self {
        Self {
            policy,
            counter,
            importance: Arc::new(by_rules),
        }
    }

    /// With another measure of what matters.
    #[must_use]
    pub fn with_importance(
        mut self,
        importance: impl Fn(&Entry, f32) -> f32 + Send + Sync + 'static,
    ) -> Self {
        self.importance = Arc::new(importance);
        self
    }

    /// The settings.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The counter.
    #[must_use]
    pub fn counter(&self) -> &Arc<dyn TokenCounter> {
        &self.counter
    }

    /// What of a conversation is sent. `frame` are the tokens of the request besides its messages: its tools, its form.
    ///
    /// # Errors
    /// [`ErrorKind::ContextLengthExceeded`] when what must be kept does not fit: system messages, pinned ones, the last
    /// exchange. A single message larger than the window is such a case.
    pub fn fit(&self, conversation: &mut Conversation, model: &ModelId, frame: u64) -> Result<Fitted> {
        self.fit_within(conversation, model, frame, self.budget())
    }

    /// Tokens for the prompt.
    pub(crate) fn budget(&self) -> u64 {
        self.policy.window.saturating_sub(self.policy.reserve)
    }

    /// The same with another bound for what need not be kept.
    pub(crate) fn fit_within(
        &self,
        conversation: &mut Conversation,
        model: &ModelId,
        frame: u64,
        budget: u64,
    ) -> Result<Fitted> {
        let summary = conversation.summary().map(summary_message);
        let frame = frame
            + summary
                .as_ref()
                .map_or(0, |message| self.counter.count_message(model, message));
        let tokens = conversation.count(self.counter.as_ref(), model).to_vec();
        let mut choice = Choice::new(conversation, &tokens, frame, self.policy.max_messages);
        choice.keep_musts();
        if choice.tokens > self.budget() || choice.is_over_count(0) {
            return Err(self.too_long(&choice));
        }
        choice.budget = budget;
        self.choose(conversation.entries(), &mut choice);
        Ok(choice.done(conversation, summary))
    }

    fn choose(&self, entries: &[Entry], choice: &mut Choice<'_>) {
        // Of the exchange under way, the newest steps; its beginning is kept.
        if !choice.keep_steps_of_last() {
            return;
        }
        match self.policy.strategy {
            Strategy::Window | Strategy::Summary { .. } => choice.keep_newest(u64::MAX),
            Strategy::KeepFirst { exchanges } => {
                choice.keep_first(exchanges);
                choice.keep_newest(u64::MAX);
            }
            Strategy::Importance => choice.keep_best(self.ranked(entries, choice)),
            Strategy::Hybrid { first, recent, .. } => {
                choice.keep_first(first);
                choice.keep_newest(choice.budget * u64::from(recent.min(100)) / 100);
                choice.keep_best(self.ranked(entries, choice));
            }
        }
    }

    /// The exchanges by how much they matter, the most first; of equals the newer.
    fn ranked(&self, entries: &[Entry], choice: &Choice<'_>) -> Vec<usize> {
        let count = choice.exchanges.len();
        let mut ranked: Vec<(f32, usize)> = choice
            .exchanges
            .iter()
            .enumerate()
            .map(|(at, exchange)| {
                let age = 1.0 - (at + 1) as f32 / count as f32;
                let places = exchange.range.clone();
                let scores = places.map(|place| {
                    let entry = &entries[place];
                    entry.importance.unwrap_or_else(|| (self.importance)(entry, age))
                });
                (scores.fold(0.0, f32::max), at)
            })
            .collect();
        ranked.sort_by(|one, other| other.0.total_cmp(&one.0).then(other.1.cmp(&one.1)));
        ranked.into_iter().map(|(_, at)| at).collect()
    }

    fn too_long(&self, choice: &Choice<'_>) -> Error {
        let (tokens, count) = (choice.tokens, choice.count);
        let Policy {
            window,
            reserve,
            max_messages,
            ..
        } = &self.policy;
        let limit = match max_messages {
            Some(most) if count > *most => format!("{count} messages must be kept, max_messages is {most}"),
            _ => format!(
                "{tokens} tokens must be kept, window {window} less reserve {reserve} leaves {}",
                self.budget()
            ),
        };
        Error::new(
            ErrorKind::ContextLengthExceeded,
            format!(
                "the conversation does not fit: {limit}; shorten the last message, unpin some, or widen the window"
            ),
        )
    }
}

/// The message that a summary is sent as.
fn summary_message(summary: &Text) -> Message {
    Message::system(format!("Summary of the conversation so far:\n{summary}"))
}

/// What matters where nobody said: the age above all; calls and their results less than what was said; numbers and
/// questions more.
fn by_rules(entry: &Entry, age: f32) -> f32 {
    let message = &entry.message;
    let text = message.text();
    let mut score = 0.6 * (1.0 - age);
    score += match message.role {
        Role::User => 0.15,
        Role::Assistant => 0.1,
        _ => 0.0,
    };
    score += if text.bytes().any(|byte| byte.is_ascii_digit()) {
        0.1
    } else {
        0.0
    };
    score
        + if text.contains('?') || text.contains('?') {
            0.05
        } else {
            0.0
        }
}

/// What is kept so far.
struct Choice<'a> {
    kinds: &'a [Kind],
    pinned: Vec<usize>,
    per_message: &'a [u64],
    exchanges: Vec<Exchange>,
    keep: Vec<bool>,
    covered: Vec<bool>,
    tokens: u64,
    count: usize,
    max_messages: Option<usize>,
    budget: u64,
}

impl<'a> Choice<'a> {
    fn new(
        conversation: &'a Conversation,
        per_message: &'a [u64],
        frame: u64,
        max_messages: Option<usize>,
    ) -> Self {
        let kinds = conversation.kinds();
        let entries = conversation.entries();
        let pinned: Vec<usize> = (0..entries.len()).filter(|at| entries[*at].pinned).collect();
        let covered = conversation.summarised().to_vec();
        Self {
            kinds,
            pinned,
            per_message,
            exchanges: exchanges(kinds, &covered),
            keep: vec![false; kinds.len()],
            covered,
            tokens: frame,
            count: usize::from(conversation.summary().is_some()),
            max_messages,
            budget: u64::MAX,
        }
    }

    fn is_over_count(&self, more: usize) -> bool {
        self.max_messages.is_some_and(|most| self.count + more > most)
    }

    fn keep_musts(&mut self) {
        for at in 0..self.kinds.len() {
            if self.kinds[at] == Kind::System {
                self.take(at);
            }
        }
        for place in self.pinned.clone() {
            let at = self
                .exchanges
                .partition_point(|exchange| exchange.range.end <= place);
            let Some(exchange) = self
                .exchanges
                .get(at)
                .filter(|exchange| exchange.range.contains(&place))
                .cloned()
            else {
                continue;
            };
            // With its beginning and its end: so the roles still alternate.
            self.take_range(exchange.head());
            if let Some(step) = exchange.step_of(place) {
                self.take_range(exchange.step(step));
            }
            if let Some(last) = exchange.steps.len().checked_sub(1) {
                self.take_range(exchange.step(last));
            }
        }
        if let Some(last) = self.exchanges.last().cloned() {
            self.take_range(last.head());
            if let Some(step) = last.steps.len().checked_sub(1) {
                self.take_range(last.step(step));
            }
        }
    }

    /// Whether all of them fit.
    fn keep_steps_of_last(&mut self) -> bool {
        let Some(last) = self.exchanges.last().cloned() else {
            return true;
        };
        (0..last.steps.len())
            .rev()
            .all(|step| self.try_range(last.step(step)))
    }

    fn keep_first(&mut self, count: usize) {
        for at in 0..count.min(self.exchanges.len()) {
            let range = self.exchanges[at].range.clone();
            self.try_range(range);
        }
    }

    /// The newest, without a gap, as far as `most` tokens go.
    fn keep_newest(&mut self, most: u64) {
        for at in (0..self.exchanges.len()).rev() {
            let range = self.exchanges[at].range.clone();
            if self.tokens >= most || !self.try_range(range) {
                break;
            }
        }
    }

    fn keep_best(&mut self, ranked: Vec<usize>) {
        for at in ranked {
            // What has no beginning may only be kept where nothing stands in front of it that was left out.
            if self.exchanges[at].head().is_empty() && self.exchanges.len() > 1 {
                continue;
            }
            let range = self.exchanges[at].range.clone();
            self.try_range(range);
        }
    }

    fn try_range(&mut self, range: Range<usize>) -> bool {
        let missing = || range.clone().filter(|at| !self.keep[*at] && !self.covered[*at]);
        let more: u64 = missing().map(|at| self.per_message[at]).sum();
        let fits = self.tokens + more <= self.budget && !self.is_over_count(missing().count());
        if fits {
            self.take_range(range);
        }
        fits
    }

    fn take_range(&mut self, range: Range<usize>) {
        range.for_each(|at| self.take(at));
    }

    fn take(&mut self, at: usize) {
        if !self.keep[at] && (!self.covered[at] || self.kinds[at] == Kind::System) {
            self.keep[at] = true;
            self.tokens += self.per_message[at];
            self.count += 1;
        }
    }

    fn done(self, conversation: &Conversation, summary: Option<Message>) -> Fitted {
        let entries = conversation.entries();
        let leading = self
            .kinds
            .iter()
            .take_while(|kind| **kind == Kind::System)
            .count();
        let kept = |range: Range<usize>| {
            range
                .filter(|at| self.keep[*at])
                .map(|at| entries[at].message.clone())
        };
        let mut messages: Vec<Message> = Vec::with_capacity(self.count);
        messages.extend(kept(0..leading));
        messages.extend(summary);
        messages.extend(kept(leading..entries.len()));
        let dropped = (0..entries.len()).filter(|at| !self.keep[*at] && !self.covered[*at]);
        let dropped = dropped.map(|at| entries[at].id.clone()).collect();
        Fitted {
            messages,
            tokens: self.tokens,
            dropped,
        }
    }
}
