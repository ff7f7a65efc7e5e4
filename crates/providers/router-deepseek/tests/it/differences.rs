//! What DeepSeek is sent that its family is not: by its reference, and not by the code.

use router_conformance::profile::{differences, expected};
use router_deepseek::DeepSeekCodec;

#[test]
fn what_differs_from_the_family() {
    let reference = r#"{
        "dropped": ["audio", "frequency_penalty", "logit_bias", "metadata", "modalities", "n", "parallel_tool_calls",
            "presence_penalty", "prompt_cache_key", "seed", "service_tier", "store", "top_k", "verbosity"],
        "embedding": null,
        "formats": {"json": "json_object", "json_schema": "json_object"},
        "media": ["image", "image_url"],
        "reasoning": {
            "high": {"thinking": {"type": "enabled"}, "reasoning_effort": "high"},
            "none": {"thinking": {"type": "disabled"}},
            "budget": {"thinking": {"type": "enabled"}, "reasoning_effort": "low"}
        },
        "replay": {
            "reasoning_content": {"reasoning_content": "Thinking."},
            "reasoning": {"reasoning": "Thinking.", "reasoning_content": ""},
            "without": {"reasoning_content": ""}
        },
        "stops": 16,
        "strict_tools": false,
        "user": "user_id"
    }"#;
    assert_eq!(differences::<DeepSeekCodec>(), expected(reference));
}

/// Text is filled in at the beta address, and nowhere else.
#[test]
fn a_gap_is_filled_in_at_the_beta_address() {
    use router_core::{Call, Json, ProviderId};
    use router_wire::vendor::VendorCodec as _;
    use router_wire::{Codec as _, completion};

    let mut request = completion::prompt("def f(");
    let end = Json::from(serde_json::json!("return a"));
    request.extra.insert(completion::WIRE, "suffix", end);
    let codec = DeepSeekCodec::new(ProviderId::from_static("deepseek"));
    let encoded = codec
        .encode(&Call::new("deepseek-flash", request))
        .expect("a request");
    assert_eq!(encoded.request.path, "/beta/completions");
    let body: serde_json::Value = serde_json::from_slice(&encoded.request.body).expect("JSON");
    assert_eq!(
        (&body["prompt"], &body["suffix"]),
        (&"def f(".into(), &"return a".into())
    );
}
