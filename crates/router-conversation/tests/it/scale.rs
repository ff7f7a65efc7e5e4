//! Long conversations: no copies, and little time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use router_conversation::{Fitter, Policy};
use router_core::ModelId;
use router_core::tokens::TokenCounter;

use crate::strategies::{model, plain};

#[derive(Default)]
struct Counting(AtomicU64);

impl TokenCounter for Counting {
    fn count_text(&self, _model: &ModelId, text: &str) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed);
        text.len() as u64 / 4 + 1
    }
}

#[test]
fn ten_thousand_messages_are_counted_once_and_windowed_in_a_moment() {
    let counter = Arc::new(Counting::default());
    let fitter = Fitter::new(Policy::new(8000), counter.clone());
    let mut conversation = plain(5000);
    let first = fitter.fit(&mut conversation, &model(), 0).expect("room");
    assert_eq!(counter.0.swap(0, Ordering::Relaxed), 10_001);
    let best = (0..20)
        .map(|_| {
            let start = Instant::now();
            let fitted = fitter.fit(&mut conversation, &model(), 0).expect("room");
            assert_eq!(fitted.messages.len(), first.messages.len());
            start.elapsed()
        })
        .min()
        .expect("runs");
    assert_eq!(counter.0.load(Ordering::Relaxed), 0);
    println!("10,001 messages: {best:?}");
    // A build for tests is several times slower than a release, where this is far below a millisecond.
    assert!(best.as_millis() < 20, "{best:?}");
}

#[test]
fn kept_messages_are_shared_and_not_copied() {
    let fitter = Fitter::new(Policy::new(8000), Arc::new(Counting::default()));
    let mut conversation = plain(5000);
    let fitted = fitter.fit(&mut conversation, &model(), 0).expect("room");
    let (sent, kept) = (
        fitted.messages.last().expect("a message"),
        conversation.entries().last().expect("an entry"),
    );
    assert_eq!(sent.text().as_ptr(), kept.message.text().as_ptr());
}
