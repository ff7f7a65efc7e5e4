//! Calls that belong together, and calls that belong to one vendor.

use std::collections::BTreeMap;

use router_balance::{Balance, BalanceOptions, HealthConfig, Sticky, Strategy};
use router_core::content::{MediaKind, MediaSource, Opaque, Reasoning};
use router_core::{
    Call, ChatRequest, ContentPart, Context, ErrorKind, Json, Media, Message, Signature, ToolDefinition,
};

use crate::vendor::{Act, Vendor, answered, asking, decisions, seconds, status, streamed, whole, with};

fn sticky(sticky: Option<Sticky>) -> Balance {
    let builder = Balance::builder().strategy(Strategy::RoundRobin);
    let builder = ["a", "b", "c", "d"]
        .into_iter()
        .fold(builder, |builder, id| builder.target(Vendor::well(id).target()));
    let builder = match sticky {
        Some(sticky) => builder.sticky(sticky),
        None => builder,
    };
    builder.build().expect("it builds")
}

/// Where each of these contexts goes, three times each.
async fn places(balance: &Balance, contexts: impl IntoIterator<Item = Context>) -> Vec<String> {
    let mut places = Vec::new();
    for context in contexts {
        let mut went = Vec::new();
        for _ in 0..3 {
            // A context is of one call.
            let call = with(whole(), context.fork());
            went.push(answered(balance, &call).await.expect("an answer"));
        }
        assert!(went.iter().all(|place| *place == went[0]), "{went:?}");
        places.push(went.remove(0));
    }
    places
}

#[tokio::test]
async fn calls_of_one_key_go_to_one_target() {
    let callers = || (0..400).map(|number| Context::new().with_caller(format!("caller-{number}")));
    let balance = sticky(Some(Sticky::Caller));
    let before = places(&balance, callers()).await;
    let mut shares: BTreeMap<&str, usize> = BTreeMap::new();
    for place in &before {
        *shares.entry(place).or_default() += 1;
    }
    assert!(
        shares.values().all(|share| (70..130).contains(share)),
        "{shares:?}"
    );

    // Only what was there moves when a target goes, and it comes back with it.
    balance.handle().remove("c").expect("it is there");
    let without = places(&balance, callers()).await;
    for (before, without) in before.iter().zip(&without) {
        assert!(before == without || before == "c", "{before} moved to {without}");
    }
    balance.handle().add(Vendor::well("c").target()).expect("it fits");
    assert_eq!(places(&balance, callers()).await, before);

    let tagged = |number: usize| Context::new().with_tag("conversation", format!("{number}"));
    places(
        &sticky(Some(Sticky::Tag("conversation".into()))),
        (0..40).map(tagged),
    )
    .await;
    let key = |number: usize| {
        let options = BalanceOptions::new().with_sticky_key(format!("{number}"));
        Context::new().with_extension(options)
    };
    places(&sticky(None), (0..40).map(key)).await;
}

#[tokio::test]
async fn turns_of_a_conversation_go_where_the_prompt_is_cached() {
    let balance = sticky(Some(Sticky::Prefix));
    let mut went = BTreeMap::new();
    for number in 0..40 {
        let mut request = ChatRequest::user(format!("Question {number}")).with_system("Be nice.");
        let mut places = Vec::new();
        for turn in 0..4 {
            places.push(
                answered(&balance, &Call::new("m", request.clone()))
                    .await
                    .expect("an answer"),
            );
            request = request
                .with_message(Message::assistant("An answer."))
                .with_message(Message::user(format!("And {turn}?")));
        }
        assert!(places.iter().all(|place| *place == places[0]), "{places:?}");
        *went.entry(places.remove(0)).or_insert(0) += 1;
    }
    assert_eq!(went.len(), 4, "other conversations go elsewhere: {went:?}");
}

#[tokio::test(start_paused = true)]
async fn a_target_that_cannot_be_asked_keeps_nobody() {
    let vendors = ["a", "b"].map(|id| {
        Vendor::new(id, |number| match number {
            2 => Act::Fail(asking(ErrorKind::RateLimited, seconds(60))),
            _ => Act::Answer,
        })
    });
    let builder = Balance::builder().sticky(Sticky::Caller);
    let builder = vendors
        .iter()
        .fold(builder, |builder, vendor| builder.target(vendor.target()));
    let balance = builder.build().expect("it builds");
    let mut went = Vec::new();
    for _ in 0..4 {
        let call = with(whole(), Context::new().with_caller("x"));
        went.push(answered(&balance, &call).await.expect("an answer"));
    }
    assert_eq!(went[0], went[1]);
    assert_ne!(went[1], went[2]);
    assert_eq!(went[2], went[3]);
}

fn two(a: &Vendor, b: &Vendor) -> Balance {
    let builder = Balance::builder().id("route").strategy(Strategy::RoundRobin);
    builder
        .target(a.target())
        .target(b.target())
        .build()
        .expect("it builds")
}

fn continuing(id: &str) -> Call {
    let mut request = ChatRequest::user("And then?");
    request.settings.previous_response_id = Some(id.into());
    Call::new("m", request)
}

#[tokio::test]
async fn a_call_that_continues_an_answer_goes_back_to_who_keeps_it() {
    let (a, b) = (Vendor::well("a"), Vendor::well("b"));
    let balance = two(&a, &b);
    for call in [whole(), streamed(), whole(), streamed()] {
        let maker = answered(&balance, &call).await.expect("an answer");
        let number = if maker == "a" { a.calls() } else { b.calls() } - 1;
        for _ in 0..3 {
            let next = continuing(&format!("{maker}-answer-{number}"));
            assert_eq!(answered(&balance, &next).await.expect("an answer"), maker);
        }
    }
    let error = answered(&balance, &continuing("resp_unknown"))
        .await
        .expect_err("nobody knows it");
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert_eq!(
        error.message(),
        "the answer resp_unknown is kept at one vendor, and it is not known at which: name the target to go to; there are: \
         a, b"
    );
    let context = Context::new().with_extension(BalanceOptions::new().to_target("b"));
    let named = with(continuing("resp_unknown"), context);
    assert_eq!(answered(&balance, &named).await.expect("an answer"), "b");

    // Targets of one vendor share what it keeps.
    let one = Balance::builder()
        .target(a.target().with_name("1"))
        .target(a.target().with_name("2"));
    let balance = one.build().expect("it builds");
    answered(&balance, &continuing("resp_unknown"))
        .await
        .expect("an answer");
}

fn opaque(maker: &str) -> Opaque {
    Opaque::new(maker, Json::empty_object())
}

#[tokio::test(start_paused = true)]
async fn opaque_parts_go_back_to_their_maker_or_fail_saying_so() {
    let (a, b) = (Vendor::well("a"), Vendor::failing("b", ErrorKind::Overloaded));
    let balance = two(&a, &b);
    let with_part = |maker: &str| {
        let part = Message::assistant([ContentPart::Opaque(opaque(maker))]);
        Call::new(
            "m",
            ChatRequest::user("Hi")
                .with_message(part)
                .with_message(Message::user("Go on.")),
        )
    };
    for _ in 0..4 {
        assert_eq!(answered(&balance, &with_part("a")).await.expect("an answer"), "a");
    }
    let call = with_part("b");
    let error = answered(&balance, &call).await.expect_err("b fails");
    assert_eq!(error.kind(), ErrorKind::Overloaded);
    assert_eq!(
        decisions(&call),
        ["goes to b only: a part of the request is its own"]
    );
    assert_eq!(a.calls(), 4, "it is no other vendor's to answer");

    let tool = ToolDefinition::Provider(opaque("b"));
    let call = Call::new("m", ChatRequest::user("Search.").with_tools([tool]));
    answered(&balance, &call).await.expect_err("b fails");

    // What nobody here made is left out with a warning where it goes, as everywhere.
    answered(&balance, &with_part("elsewhere"))
        .await
        .expect("an answer");

    let mut health = HealthConfig::default();
    health.panic_threshold = 0.0;
    let asking = Vendor::new("b", |_| Act::Fail(asking(ErrorKind::Overloaded, seconds(9))));
    let builder = Balance::builder()
        .health(health)
        .target(a.target())
        .target(asking.target());
    let balance = builder.build().expect("it builds");
    answered(&balance, &with_part("b"))
        .await
        .expect_err("b asks to wait");
    let error = answered(&balance, &with_part("b"))
        .await
        .expect_err("b is left alone");
    assert_eq!(
        error.message(),
        "the call goes to b only, since a part of the request is its own, and that is back in 9s"
    );
    assert_eq!(error.retry_after(), Some(seconds(9)));
}

#[tokio::test]
async fn a_wire_may_be_a_maker_too() {
    let renamed = Vendor::well("my-server");
    let builder = Balance::builder()
        .strategy(Strategy::RoundRobin)
        .target(Vendor::well("other").target());
    let balance = builder
        .target(renamed.target().with_maker("openai"))
        .build()
        .expect("it builds");
    let part = Message::assistant([ContentPart::Opaque(opaque("openai"))]);
    let call = Call::new("m", ChatRequest::new(vec![part]));
    for _ in 0..3 {
        assert_eq!(answered(&balance, &call).await.expect("an answer"), "my-server");
    }
}

/// Others do without a signature, so it is a wish and no more.
#[tokio::test]
async fn signatures_go_to_their_maker_while_it_can_be_asked() {
    let call = || {
        let reasoning = Reasoning::new("Hm.").with_signature(Signature::new("b", "sig"));
        Call::new(
            "m",
            ChatRequest::new(vec![Message::assistant([ContentPart::Reasoning(reasoning)])]),
        )
    };
    let balance = two(&Vendor::well("a"), &Vendor::well("b"));
    for _ in 0..4 {
        assert_eq!(answered(&balance, &call()).await.expect("an answer"), "b");
    }
    let balance = two(&Vendor::well("a"), &Vendor::failing("b", ErrorKind::Server));
    assert_eq!(answered(&balance, &call()).await.expect("an answer"), "a");
}

#[tokio::test]
async fn a_conversation_of_an_unknown_vendor_needs_a_named_target() {
    let balance = two(&Vendor::well("a"), &Vendor::well("b"));
    let mut request = ChatRequest::user("Go on.");
    let id = Json::from(serde_json::json!("conv_1"));
    request.extra.insert("openai.responses", "conversation", id);
    let error = answered(&balance, &Call::new("m", request)).await;
    let error = error.expect_err("whose conversation is it?");
    assert!(
        error
            .message()
            .starts_with("the conversation is kept at one vendor"),
        "{error}"
    );
    assert_eq!(status(&balance, "a").calls + status(&balance, "b").calls, 0);
}

#[tokio::test]
async fn a_file_of_an_unknown_vendor_needs_a_named_target() {
    let balance = two(&Vendor::well("a"), &Vendor::well("b"));
    let file = Media::new(MediaKind::Document, MediaSource::File("file-1".into()));
    let call = Call::new("m", ChatRequest::new(vec![Message::user([file.into()])]));
    let error = answered(&balance, &call).await.expect_err("whose file is it?");
    assert!(
        error
            .message()
            .starts_with("the file file-1 is kept at one vendor"),
        "{error}"
    );
    assert_eq!(status(&balance, "a").calls + status(&balance, "b").calls, 0);
}
