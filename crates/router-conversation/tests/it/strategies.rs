//! What holds of every strategy over any history.

use std::collections::HashSet;
use std::sync::Arc;

use proptest::prelude::*;
use router_conversation::{Conversation, Entry, Fitted, Fitter, Policy, Strategy as Keep, Summarizer};
use router_core::content::ContentPart;
use router_core::tokens::{EstimatingCounter, TokenCounter as _};
use router_core::{Error, ErrorKind, Message, ModelId, Role, Scripted};

use crate::histories::history;

pub(crate) fn strategies() -> [Keep; 5] {
    [
        Keep::Window,
        Keep::KeepFirst { exchanges: 2 },
        Keep::Importance,
        Keep::Summary { budget: 50 },
        Keep::Hybrid {
            first: 1,
            recent: 50,
            summary: None,
        },
    ]
}

pub(crate) fn model() -> ModelId {
    ModelId::from("any")
}

fn fitter(policy: Policy) -> Fitter {
    Fitter::new(policy, Arc::new(EstimatingCounter))
}

/// What must hold of what is sent.
pub(crate) fn judge(conversation: &Conversation, fitted: &Fitted, policy: &Policy) {
    let sent = &fitted.messages;
    let tokens: u64 = sent
        .iter()
        .map(|message| EstimatingCounter.count_message(&model(), message))
        .sum();
    assert!(tokens <= policy.window - policy.reserve, "it fits");
    assert_eq!(tokens, fitted.tokens);
    assert!(
        policy.max_messages.is_none_or(|most| sent.len() <= most),
        "messages are bounded"
    );

    // In their order, and none that is not there: names of calls tell messages apart, and places do.
    let mut rest = conversation.entries().iter();
    for message in sent {
        assert!(
            rest.any(|entry| &entry.message == message),
            "messages keep their order"
        );
    }
    let dropped: HashSet<_> = fitted.dropped.iter().collect();
    assert_eq!(
        sent.len() + dropped.len(),
        conversation.entries().len(),
        "what is left out is told"
    );
    for entry in conversation.entries() {
        let must = entry.pinned || entry.message.role == Role::System;
        assert!(
            !(must && dropped.contains(&entry.id)),
            "pinned and system messages stay"
        );
    }

    let said: Vec<&Message> = sent
        .iter()
        .filter(|message| message.role != Role::System)
        .collect();
    assert_eq!(said[0].role, Role::User, "the user begins");
    for pair in said.windows(2) {
        let alternates = match (pair[0].role, pair[1].role) {
            (Role::User, next) => next == Role::Assistant,
            (Role::Tool, next) => next == Role::Assistant,
            (_, next) => next != Role::Assistant,
        };
        assert!(
            alternates,
            "roles alternate: {:?} {:?}",
            pair[0].role, pair[1].role
        );
        let (calls, results) = (ids(pair[0], true), ids(pair[1], false));
        assert_eq!(calls, results, "calls and results stay together");
    }
    assert!(
        said.last().is_none_or(|last| ids(last, true).is_empty()),
        "no call waits in the past"
    );
}

fn ids(message: &Message, calls: bool) -> Vec<&str> {
    let parts = message.content.parts().iter();
    parts
        .filter_map(|part| match part {
            ContentPart::ToolCall(call) if calls => Some(call.id.as_str()),
            ContentPart::ToolResult(result) if !calls => Some(result.call_id.as_str()),
            _ => None,
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_sent_fits_and_is_sound(mut conversation in history(12), window in 60..2000_u64, most in prop::option::of(3..40_usize)) {
        for strategy in strategies() {
            let mut policy = Policy::new(window).with_strategy(strategy).with_reserve(window / 8);
            policy.max_messages = most;
            match fitter(policy.clone()).fit(&mut conversation, &model(), 0) {
                Ok(fitted) => judge(&conversation, &fitted, &policy),
                Err(error) => prop_assert_eq!(error.kind(), ErrorKind::ContextLengthExceeded),
            }
        }
    }

    #[test]
    fn what_fits_whole_is_sent_whole(mut conversation in history(8)) {
        for strategy in strategies() {
            let policy = Policy::new(1_000_000).with_strategy(strategy);
            let fitted = fitter(policy).fit(&mut conversation, &model(), 0).expect("room");
            prop_assert_eq!(&fitted.messages, &conversation.messages());
            prop_assert_eq!(fitted.warning(), None);
        }
    }

    #[test]
    fn records_make_the_same_conversation(mut conversation in history(8)) {
        conversation.undo();
        let records = conversation.take_records();
        let again = Conversation::from_records("random", records);
        prop_assert_eq!(again.entries(), conversation.entries());
        let again = Conversation::from_records("random", conversation.to_records());
        prop_assert_eq!(again.entries(), conversation.entries());
    }
}

/// Exchanges `0` to `count`: `question N`, `answer N`.
pub(crate) fn plain(count: usize) -> Conversation {
    let mut conversation = Conversation::new("plain");
    for at in 0..count {
        conversation.push(Message::user(format!("question {at}")));
        conversation.push(Message::assistant(format!("answer {at}")));
    }
    conversation.push(Message::user("now"));
    conversation
}

fn kept(strategy: Keep, conversation: &mut Conversation, messages: usize) -> Vec<String> {
    let policy = Policy::new(100_000)
        .with_max_messages(messages)
        .with_strategy(strategy);
    let fitted = fitter(policy).fit(conversation, &model(), 0).expect("room");
    let users = fitted
        .messages
        .iter()
        .filter(|message| message.role == Role::User);
    users
        .map(|message| message.text().replace("question ", ""))
        .collect()
}

#[test]
fn each_strategy_keeps_what_it_says() {
    let mut conversation = plain(10);
    assert_eq!(kept(Keep::Window, &mut conversation, 5), ["8", "9", "now"]);
    assert_eq!(
        kept(Keep::KeepFirst { exchanges: 1 }, &mut conversation, 5),
        ["0", "9", "now"]
    );

    let third = conversation.entries()[6].id.clone();
    conversation.pin(&third, true);
    assert_eq!(kept(Keep::Window, &mut conversation, 5), ["3", "9", "now"]);
    conversation.pin(&third, false);

    let mut important = Entry::new(Message::user("question x"));
    important.importance = Some(1.0);
    let mut conversation = Conversation::new("important");
    conversation.push_entry(important);
    conversation.push(Message::assistant("answer x"));
    for entry in plain(10).entries() {
        conversation.push(entry.message.clone());
    }
    assert_eq!(kept(Keep::Importance, &mut conversation, 5), ["x", "9", "now"]);
    let hybrid = Keep::Hybrid {
        first: 0,
        recent: 0,
        summary: None,
    };
    assert_eq!(kept(hybrid, &mut conversation, 5), ["x", "9", "now"]);
}

#[test]
fn importance_may_be_a_function() {
    let policy = Policy::new(100_000)
        .with_max_messages(3)
        .with_strategy(Keep::Importance);
    let fitter = fitter(policy).with_importance(|entry, _| {
        if entry.message.text().ends_with('4') {
            1.0
        } else {
            0.0
        }
    });
    let fitted = fitter.fit(&mut plain(10), &model(), 0).expect("room");
    assert_eq!(fitted.messages[0].text(), "question 4");
}

#[test]
fn steps_of_a_long_exchange_are_left_out_from_the_oldest() {
    use router_core::{ToolCall, ToolResult};
    let mut conversation = Conversation::new("agent");
    conversation.push(Message::user("go"));
    for at in 0..10 {
        conversation.push(Message::assistant(vec![
            ToolCall::new(format!("c{at}"), "look", "{}").into(),
        ]));
        conversation.push(Message::tool([ToolResult::new(format!("c{at}"), "seen")]));
    }
    let policy = Policy::new(100_000).with_max_messages(7);
    let fitted = fitter(policy).fit(&mut conversation, &model(), 0).expect("room");
    assert_eq!(fitted.messages[0].text(), "go");
    assert_eq!(ids(&fitted.messages[1], true), ["c7"]);
    assert_eq!(fitted.messages.len(), 7);
}

#[test]
fn a_message_larger_than_the_window_is_a_typed_error() {
    let mut conversation = plain(3);
    conversation.push(Message::user("long ".repeat(5000)));
    let error = fitter(Policy::new(1000))
        .fit(&mut conversation, &model(), 0)
        .expect_err("no room");
    assert_eq!(error.kind(), ErrorKind::ContextLengthExceeded);
    assert!(
        error.to_string().contains("window 1000 less reserve 250"),
        "{error}"
    );
}

#[test]
fn what_was_dropped_is_told() {
    let fitted = fitter(Policy::new(100_000).with_max_messages(3))
        .fit(&mut plain(10), &model(), 0)
        .expect("room");
    assert_eq!(fitted.dropped.len(), 18);
    let warning = fitted.warning().expect("a warning");
    assert_eq!(
        warning.to_string(),
        "messages dropped: 18 earlier messages did not fit the window; 3 were sent"
    );
}

#[test]
fn turns_are_taken_back_and_branched_from() {
    let mut conversation = plain(2);
    assert_eq!(conversation.undo().len(), 1);
    let gone = conversation.undo();
    assert_eq!(
        gone.iter()
            .map(|message| message.text().to_string())
            .collect::<Vec<_>>(),
        ["question 1", "answer 1"]
    );
    assert_eq!(conversation.entries().len(), 2);

    let first = conversation.entries()[1].id.clone();
    let mut branch = conversation.branch("other", Some(&first));
    branch.push(Message::user("differently"));
    assert_eq!(branch.parent(), Some((conversation.id(), Some(&first))));
    assert_eq!((conversation.entries().len(), branch.entries().len()), (2, 3));
    let again = Conversation::from_records("other", branch.take_records());
    assert_eq!(again.entries(), branch.entries());
    assert_eq!(again.parent(), branch.parent());
}

#[test]
fn statistics_count_what_is_there() {
    let mut conversation = plain(3);
    conversation.push_pinned(Message::system("rule"));
    let numbers = conversation.statistics(&EstimatingCounter, &model());
    assert_eq!(numbers.messages[&Role::User], 4);
    assert_eq!(
        (numbers.pinned, numbers.tool_calls, numbers.summarised),
        (1, 0, 0)
    );
    assert!(numbers.tokens > 30);
}

#[tokio::test]
async fn what_does_not_fit_is_summed_up_once_and_on() {
    let vendor = Scripted::new()
        .text("They spoke of 0 to 7.")
        .text("They spoke of 0 to 20.");
    let summarizer = Summarizer::new(Arc::new(vendor.clone()), "small");
    let policy = Policy::new(200)
        .with_reserve(40)
        .with_strategy(Keep::Summary { budget: 30 });
    let fitter = fitter(policy);
    let mut conversation = plain(14);
    let (fitted, warning) = fitter
        .fit_with_summary(&mut conversation, &model(), 0, &summarizer)
        .await
        .expect("room");
    assert_eq!(warning, None);
    assert_eq!(fitted.dropped, Vec::<router_core::Text>::new());
    assert_eq!(
        fitted.messages[0].text(),
        "Summary of the conversation so far:\nThey spoke of 0 to 7."
    );
    assert_eq!(fitted.messages[1].role, Role::User);
    assert!(fitted.tokens <= 160);

    // What is summed up is not summed up again, until more does not fit.
    fitter
        .fit_with_summary(&mut conversation, &model(), 0, &summarizer)
        .await
        .expect("room");
    assert_eq!(vendor.calls().len(), 1);
    for message in plain(10).messages() {
        conversation.push(message);
    }
    let (fitted, _) = fitter
        .fit_with_summary(&mut conversation, &model(), 0, &summarizer)
        .await
        .expect("room");
    assert_eq!(vendor.calls().len(), 2);
    assert!(fitted.messages[0].text().contains("0 to 20"));
    let asked = format!("{:?}", vendor.calls()[1].operation);
    assert!(
        asked.contains("0 to 7") && !asked.contains("question 5"),
        "the earlier summary goes into the next: {asked}"
    );

    // And it is a record: a store gives the same.
    let again = Conversation::from_records("plain", conversation.take_records());
    assert_eq!(again.summary(), conversation.summary());
}

#[tokio::test]
async fn a_summary_that_fails_leaves_out_and_warns() {
    let vendor = Scripted::new().error(Error::new(ErrorKind::Overloaded, "busy"));
    let summarizer = Summarizer::new(Arc::new(vendor), "small");
    let policy = Policy::new(200)
        .with_reserve(40)
        .with_strategy(Keep::Summary { budget: 30 });
    let (fitted, warning) = fitter(policy)
        .fit_with_summary(&mut plain(20), &model(), 0, &summarizer)
        .await
        .expect("room");
    assert!(!fitted.dropped.is_empty());
    assert_eq!(warning.expect("a warning").setting, "summary");
}
