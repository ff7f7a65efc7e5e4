//! Signatures and opaque parts go back to their maker and to nobody else.

use proptest::prelude::*;
use router_core::content::Opaque;
use router_core::{Json, ProviderId, Signature, Text};
use router_wire::provenance::{Speaker, seal, unseal};

#[test]
fn only_the_maker_gets_it_back() {
    let speaker = Speaker::new(ProviderId::from("claude-eu"), "anthropic");
    assert_eq!(speaker.provider().as_str(), "claude-eu");
    let sent = |maker: &str| {
        let signature = Signature::new(maker, "data");
        speaker.signature(&signature).is_some()
    };
    assert!(sent("claude-eu"), "made by this provider");
    assert!(sent("anthropic"), "read from this wire, whoever made it");
    assert!(!sent("anthropic-us"), "made by another account");
    assert!(!sent("gemini"), "made by another vendor");
    let opaque = Opaque::new("gemini", Json::empty_object());
    assert!(speaker.opaque(&opaque).is_none());
    assert!(
        speaker
            .opaque(&Opaque::new("claude-eu", Json::empty_object()))
            .is_some()
    );
}

#[test]
fn a_bare_signature_is_the_wires() {
    let signature = unseal(&Text::from("EqQBCgIYAg=="), "anthropic");
    assert_eq!(signature, Signature::new("anthropic", "EqQBCgIYAg=="));
    assert_eq!(seal(&signature, "anthropic"), "EqQBCgIYAg==");
}

/// A provider of several wires does not send on one what was made on another.
#[test]
fn makers_apart_from_providers() {
    let claude = Speaker::new("vertex".into(), "anthropic").with_maker("anthropic");
    let gemini = Speaker::new("vertex".into(), "gemini");
    let made = Signature::new(claude.maker(), "c2ln");
    assert!(claude.signature(&made).is_some() && gemini.signature(&made).is_none());
    let made = Signature::new(gemini.maker(), "c2ln");
    assert!(claude.signature(&made).is_none() && gemini.signature(&made).is_some());
    assert_eq!(claude.provider().as_str(), "vertex");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Over another vendor's wire and back, maker and data are the same.
    #[test]
    fn round_trip(maker in "[a-z][a-z0-9-]{0,12}", data in "[A-Za-z0-9+/=:_-]{0,60}") {
        let signature = Signature::new(maker.as_str(), data.as_str());
        let sealed = Text::from(seal(&signature, "openai-wire").into_owned());
        prop_assert_eq!(unseal(&sealed, "openai-wire"), signature);
    }

    #[test]
    fn any_data(data in "\\PC{0,60}") {
        let data = Text::from(data);
        let signature = unseal(&data, "anthropic");
        prop_assert!(data.ends_with(signature.data.as_str()));
    }
}

/// Many sign on OpenAI's wire: what came bare is whoever's is asked, and what OpenAI signed is OpenAI's alone.
#[test]
fn a_wire_that_many_sign_on() {
    let of = |id: &'static str| Speaker::new(ProviderId::from(id), "openai").with_signed("openai-wire");
    let (openai, other) = (of("openai"), of("xai"));
    let bare = unseal(&Text::from("gAAAAA=="), "openai-wire");
    assert!(openai.signature(&bare).is_some() && other.signature(&bare).is_some());
    assert_eq!(seal(&bare, "openai-wire"), "gAAAAA==");
    let made = Signature::new("openai", "gAAAAA==");
    assert!(openai.signature(&made).is_some() && other.signature(&made).is_none());
    let sealed = Text::from(seal(&made, "openai-wire").into_owned());
    assert_eq!(unseal(&sealed, "openai-wire"), made);
}
