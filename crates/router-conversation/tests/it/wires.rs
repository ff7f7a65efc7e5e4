//! What is sent is accepted by the server side of every wire.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use router_conversation::{Fitter, Policy};
use router_core::tokens::EstimatingCounter;
use router_core::{Call, ChatRequest};
use router_wire::vendor::VendorCodec as _;
use router_wire::{Codec, ServerCodec};
use serde_json::json;

use crate::histories::history;
use crate::strategies::{model, strategies};

type Wire = (&'static str, Box<dyn Codec>, Vec<Box<dyn ServerCodec>>);

/// What servers put in front of the paths that clients know.
const ROOTS: &[&str] = &["", "/v1", "/v1beta", "/v2"];

fn wires() -> Vec<Wire> {
    let openai = || Box::new(router_openai::OpenAiCodec::new("openai".into()));
    vec![
        ("chat_completions", openai(), router_wire_openai::endpoints()),
        ("responses", openai(), router_wire_openai::endpoints()),
        (
            "anthropic",
            Box::new(router_anthropic::AnthropicCodec::new("anthropic".into())),
            router_wire_anthropic::endpoints(),
        ),
        (
            "gemini",
            Box::new(router_gemini::GeminiCodec::new("gemini".into())),
            router_wire_gemini::endpoints(),
        ),
        (
            "ollama",
            Box::new(router_ollama::OllamaCodec::new("ollama".into())),
            router_ollama::endpoints(),
        ),
        (
            "cohere",
            Box::new(router_cohere::CohereCodec::new("cohere".into())),
            router_cohere::endpoints(),
        ),
        (
            "mistral",
            Box::new(router_mistral::MistralCodec::new("mistral".into())),
            router_wire_openai::endpoints(),
        ),
        (
            "converse",
            Box::new(router_bedrock::BedrockCodec::new("bedrock".into())),
            router_bedrock::endpoints(),
        ),
    ]
}

#[test]
fn every_wire_takes_what_is_sent() {
    let wires = wires();
    let mut runner = TestRunner::new(ProptestConfig::with_cases(40));
    let histories = (history(10), 80..1500_u64);
    runner
        .run(&histories, |(mut conversation, window)| {
            for strategy in strategies() {
                let policy = Policy::new(window).with_strategy(strategy);
                let fitter = Fitter::new(policy, Arc::new(EstimatingCounter));
                let Ok(fitted) = fitter.fit(&mut conversation, &model(), 0) else {
                    continue;
                };
                for (name, codec, endpoints) in &wires {
                    let chat = ChatRequest::new(fitted.messages.clone());
                    let chat = chat
                        .with_provider_options("openai", &json!({"api": name}))
                        .expect("options");
                    let encoded = codec
                        .encode(&Call::new("any", chat))
                        .unwrap_or_else(|error| panic!("{name}: {error}"));
                    let mut http = encoded.request;
                    let path = http.path.clone();
                    let endpoint = ROOTS.iter().find_map(|root| {
                        http.path = format!("{root}{path}").into();
                        endpoints.iter().find(|endpoint| endpoint.claims(&http))
                    });
                    let endpoint = endpoint.unwrap_or_else(|| panic!("{name}: nobody serves {path}"));
                    if let Err(error) = endpoint.decode(&http) {
                        panic!("{name} refuses what is sent: {error}");
                    }
                }
            }
            Ok(())
        })
        .expect("every history");
}
