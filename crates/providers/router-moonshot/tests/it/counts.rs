//! Counting tokens: of messages alone.

use router_core::tokens::CountTokensRequest;
use router_core::{Call, ChatRequest, Operation, ProviderId, Settings, ToolDefinition};
use router_moonshot::MoonshotCodec;
use router_wire::Codec as _;
use router_wire::vendor::VendorCodec as _;
use serde_json::{Value, json};

#[test]
fn tools_are_not_counted_and_limits_do_not_count() {
    let mut settings = Settings::default();
    settings.max_output_tokens = Some(9);
    settings.temperature = Some(0.5);
    let tool = ToolDefinition::function("f", "Does it.", json!({"type": "object"}));
    let chat = ChatRequest::user("Hi").with_settings(settings).with_tools([tool]);
    let call = Call::new("kimi-k3", Operation::from(CountTokensRequest::new(chat)));
    let codec = MoonshotCodec::new(ProviderId::from_static("moonshot"));
    let encoded = codec.encode(&call).expect("a request");
    assert_eq!(encoded.request.path, "/tokenizers/estimate-token-count");
    let body: Value = serde_json::from_slice(&encoded.request.body).expect("JSON");
    assert_eq!(
        body,
        json!({"model": "kimi-k3", "messages": [{"role": "user", "content": "Hi"}]})
    );
    let warned: Vec<&str> = encoded
        .warnings
        .iter()
        .map(|warning| warning.setting.as_str())
        .collect();
    assert_eq!(warned, ["tools"]);
}
