//! Tools that a vendor has itself are offered to that vendor alone.

use router_core::content::Opaque;
use router_core::{Call, ChatRequest, Json, ToolChoice, ToolDefinition};
use router_wire::Codec as _;
use serde_json::{Value, json};

use crate::side::codec;

fn own(provider: &'static str, raw: &str) -> ToolDefinition {
    ToolDefinition::Provider(Opaque::new(provider, Json::parse(raw).expect("JSON")))
}

fn sent(request: ChatRequest) -> (Value, usize) {
    let encoded = codec().encode(&Call::new("m", request)).expect("a request");
    let body = serde_json::from_slice(&encoded.request.body).expect("JSON");
    (body, encoded.warnings.len())
}

#[test]
fn those_of_others_are_left_out_and_told() {
    let google = own("gemini", r#"{"googleSearch":{}}"#);
    let ours = own("openai", r#"{"type":"web_search"}"#);
    for api in ["chat_completions", "responses"] {
        let ask = |tools: Vec<ToolDefinition>| {
            let mut request = ChatRequest::user("x").with_tools(tools);
            request.tool_choice = Some(ToolChoice::Auto);
            request
                .provider_options
                .set("openai", &json!({"api": api}))
                .expect("options");
            sent(request)
        };
        let (body, warnings) = ask(vec![google.clone(), ours.clone()]);
        assert_eq!(body["tools"], json!([{"type": "web_search"}]), "{api}");
        assert_eq!(warnings, 1);
        let (body, _) = ask(vec![google.clone()]);
        assert!(body.get("tools").is_none(), "{api}: {body}");
        assert!(body.get("tool_choice").is_none(), "{api}: {body}");
    }
}
