//! The vendor's own count, where it has one.

use router_core::tokens::{TokenCount, TokenCounter as _};
use router_core::{ChatRequest, Error, ErrorKind, Scripted};
use router_tokens::{Counter, ask};

#[tokio::test]
async fn the_vendor_is_asked() {
    let vendor = Scripted::new().output(TokenCount::new(42));
    let asked = ask(
        &vendor,
        "claude-haiku-4-5",
        ChatRequest::user("hello"),
        &Counter::new(),
    )
    .await;
    let asked = asked.expect("a count");
    assert_eq!((asked.count.input_tokens, asked.warning), (42, None));
}

#[tokio::test]
async fn a_vendor_without_counts_is_made_up_for_with_a_warning() {
    let vendor = Scripted::new().error(Error::new(ErrorKind::Unsupported, "no such operation"));
    let (counter, chat) = (Counter::new(), ChatRequest::user("hello"));
    let asked = ask(&vendor, "gpt-4o", chat.clone(), &counter)
        .await
        .expect("a count");
    assert_eq!(
        asked.count.input_tokens,
        counter.count_chat(&"gpt-4o".into(), &chat)
    );
    assert_eq!(asked.warning.expect("a warning").setting, "count_tokens");
}

#[tokio::test]
async fn other_errors_are_the_callers() {
    let vendor = Scripted::new().error(Error::new(ErrorKind::RateLimited, "later"));
    let asked = ask(&vendor, "gpt-4o", ChatRequest::user("hello"), &Counter::new()).await;
    assert_eq!(asked.expect_err("an error").kind(), ErrorKind::RateLimited);
}
