//! The suite over a text generation server's chats, and what differs from its family.

use router_conformance::Subject;
use router_conformance::profile::{differences, expected};
use router_core::{Call, ChatRequest, FinishReason, Output, ProviderId, StreamEvent};
use router_huggingface::TgiCodec;
use router_wire::vendor::VendorCodec as _;
use router_wire::{Codec as _, FrameLimits, HttpResponse, StreamReader};

fn subject() -> Subject {
    Subject::of::<TgiCodec>(env!("CARGO_MANIFEST_DIR"))
        .fixtures_in("tgi")
        .compatible()
        .skip("error_permission", "a key is right or wrong")
        .skip("error_model_not_found", "it has one model, whatever the name")
}

router_conformance::suite!(subject());

#[test]
fn what_differs_from_the_family() {
    let reference = r#"{
        "dropped": ["audio", "metadata", "modalities", "n", "parallel_tool_calls", "prompt_cache_key", "service_tier", "store",
            "top_k", "verbosity"],
        "user": null,
        "stops": 4,
        "temperature": [0.01, 0.01, 1.0, 3.0],
        "strict_tools": false,
        "formats": {"json": "json_object", "json_schema": "json_object"},
        "media": ["image", "image_url"],
        "embedding": null
    }"#;
    assert_eq!(differences::<TgiCodec>(), expected(reference));
}

fn codec() -> TgiCodec {
    TgiCodec::new(ProviderId::from_static("tgi"))
}

/// As older servers wrote them: arguments as an object, every call with the same id, and one call in the place of a list.
#[test]
fn calls_of_older_servers() {
    let body = r#"{"id":"","model":"m","choices":[{"index":0,"finish_reason":"eos_token","message":{"role":"assistant",
        "tool_calls":[{"id":"0","type":"function","function":{"name":"get_weather","arguments":{"city":"Paris"}}}]}}]}"#;
    let call = Call::new("tgi", ChatRequest::user("x"));
    let output = codec().decode(&call, &HttpResponse::json(200, body));
    let Ok(Output::Chat(answer)) = output else {
        panic!("an answer: {output:?}");
    };
    let called = answer.tool_calls().next().expect("a call");
    assert_eq!((called.id.as_str(), called.name.as_str()), ("0", "get_weather"));
    assert_eq!(called.arguments.replace(' ', ""), r#"{"city":"Paris"}"#);
    assert_eq!(answer.finish_reason(), Some(&FinishReason::ToolCalls));

    let stream = concat!(
        r#"data: {"choices":[{"index":0,"delta":{"role":"assistant","tool_calls":{"index":0,"id":"","type":"function","function":{"name":"get_weather","arguments":"{\"city\":"}}},"finish_reason":null}]}"#,
        "\n\n",
        r#"data: {"choices":[{"index":0,"delta":{"role":"assistant","tool_calls":{"index":0,"id":"","type":"function","function":{"name":null,"arguments":"\"Paris\"}"}}},"finish_reason":"eos_token"}]}"#,
        "\n\ndata: [DONE]\n\n",
    );
    let call = call.streaming();
    let reader = StreamReader::new(codec().stream_decoder(&call), FrameLimits::default());
    let (events, error) = reader.read_all([stream.into()]);
    assert!(error.is_none(), "{error:?}");
    let arguments: String = events
        .iter()
        .filter_map(|event| match event {
            StreamEvent::ToolCallDelta { arguments, .. } => Some(arguments.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(arguments, r#"{"city":"Paris"}"#);
}
