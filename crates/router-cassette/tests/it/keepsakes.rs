//! What a vendor wants back as it gave it survives two turns with tools, and is kept from every other vendor.

use router_cassette::{Cassette, Service, service};
use router_core::content::{CacheMark, TextPart};
use router_core::{Call, ChatRequest, ContentPart, Message, Output, ToolDefinition, ToolResult, Warning};
use router_wire::{Encoded, HttpResponse};
use serde_json::{Value, json};

/// A vendor, two of its answers that call a tool, and what of them must come back.
struct Vendor {
    name: &'static str,
    endpoint: &'static str,
    provider: &'static str,
    path: &'static str,
    model: &'static str,
    answers: [Value; 2],
    kept: &'static [&'static str],
    /// How it is told to keep the beginning of a conversation, where it is.
    mark: Option<&'static str>,
}

impl Vendor {
    fn service(&self) -> Service {
        let recording = json!({
            "id": "a", "provider": self.provider, "endpoint": self.endpoint,
            "request": {"method": "POST", "url": format!("https://a.example{}", self.path), "body": {"model": self.model}},
            "response": {"status": 200, "body": {}},
        });
        let cassette = Cassette::parse(&recording.to_string()).expect("a recording");
        service(&cassette).unwrap_or_else(|why| panic!("{}: {why}", self.name))
    }

    /// A question, two turns with calls and their results.
    fn conversation(&self) -> ChatRequest {
        let service = self.service();
        let mut question = TextPart::new("Paris and Oslo?");
        question.riders.set_cache(Some(CacheMark::new()));
        let mut messages = vec![Message::user([ContentPart::Text(question)])];
        for answer in &self.answers {
            let response = HttpResponse::json(200, answer.to_string());
            let call = Call::new(self.model, service.call.operation.clone());
            let answer = match service.codec.decode(&call, &response) {
                Ok(Output::Chat(answer)) => answer,
                other => panic!("{}: an answer: {other:?}", self.name),
            };
            let calls: Vec<_> = answer.tool_calls().map(|call| call.id.clone()).collect();
            assert!(!calls.is_empty(), "{}: a turn with calls", self.name);
            messages.push(answer.to_message());
            messages.push(Message::tool(
                calls
                    .into_iter()
                    .map(|id| ToolResult::new(id, "18 degrees").with_name("get_weather")),
            ));
        }
        let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}});
        ChatRequest::new(messages).with_tools([ToolDefinition::function(
            "get_weather",
            "The weather.",
            schema,
        )])
    }

    /// Whether both give and take what one maker signs: a maker's models at several addresses, a provider with several APIs.
    fn is_of(&self, maker: &Self) -> bool {
        let google = |vendor: &Self| ["gemini", "vertex"].contains(&vendor.provider);
        let claude = |vendor: &Self| vendor.kept == CLAUDE;
        self.provider == maker.provider || (google(self) && google(maker)) || (claude(self) && claude(maker))
    }

    fn sent(&self, chat: &ChatRequest) -> (String, Vec<Warning>) {
        let mut chat = chat.clone();
        // What else the recorded endpoint stands for is said in the options of the vendor.
        if let router_core::Operation::Chat(asked) = &self.service().call.operation {
            chat.provider_options = asked.provider_options.clone();
        }
        let Encoded {
            request, warnings, ..
        } = self
            .service()
            .codec
            .encode(&Call::new(self.model, chat))
            .unwrap_or_else(|error| panic!("{}: {error}", self.name));
        (String::from_utf8(request.body.to_vec()).expect("text"), warnings)
    }
}

fn called(id: &str, city: &str) -> Value {
    let arguments = json!({"city": city}).to_string();
    json!({"id": id, "type": "function", "function": {"name": "get_weather", "arguments": arguments}})
}

fn completion(message: Value) -> Value {
    json!({"id": "x", "model": "m", "choices": [{"index": 0, "finish_reason": "tool_calls", "message": message}]})
}

fn response(secret: &str, id: &str, city: &str) -> Value {
    json!({"id": format!("resp_{id}"), "object": "response", "status": "completed", "model": "m", "output": [
        {"type": "reasoning", "id": format!("rs_{id}"), "summary": [{"type": "summary_text", "text": "Hm."}],
            "encrypted_content": secret},
        {"type": "function_call", "id": format!("fc_{id}"), "call_id": id, "name": "get_weather",
            "arguments": json!({"city": city}).to_string(), "status": "completed"}]})
}

fn claude(blocks: Value, id: &str, city: &str) -> Value {
    let mut content: Vec<Value> = blocks.as_array().cloned().unwrap_or_default();
    content.push(json!({"type": "tool_use", "id": id, "name": "get_weather", "input": {"city": city}}));
    json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": content,
        "stop_reason": "tool_use", "usage": {"input_tokens": 1, "output_tokens": 1}})
}

fn claudes() -> [Value; 2] {
    let first = json!([
        {"type": "thinking", "thinking": "Hm.", "signature": "EqQB/claude+one=="},
        {"type": "redacted_thinking", "data": "EmwK/redacted+two=="}]);
    let second = json!([{"type": "thinking", "thinking": "", "signature": "EqQB/claude+three=="}]);
    [
        claude(first, "toolu_1", "Paris"),
        claude(second, "toolu_2", "Oslo"),
    ]
}

const CLAUDE: &[&str] = &["EqQB/claude+one==", "EmwK/redacted+two==", "EqQB/claude+three=="];

fn geminis() -> [Value; 2] {
    let turn = |parts: Value| {
        json!({"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}],
        "modelVersion": "gemini-3"})
    };
    let called = |city: &str, signature: &str| {
        json!({"functionCall": {"name": "get_weather", "args": {"city": city}},
        "thoughtSignature": signature})
    };
    [
        turn(json!([
            {"text": "I look.", "thoughtSignature": "CsYB/gemini+text=="},
            called("Paris", "CsYB/gemini+one==")])),
        turn(json!([called("Oslo", "CsYB/gemini+two==")])),
    ]
}

const GEMINI: &[&str] = &["CsYB/gemini+text==", "CsYB/gemini+one==", "CsYB/gemini+two=="];

fn responses() -> [Value; 2] {
    [
        response("gAAAAAB/enc+one==", "call_1", "Paris"),
        response("gAAAAAB/enc+two==", "call_2", "Oslo"),
    ]
}

const RESPONSES: &[&str] = &["gAAAAAB/enc+one==", "gAAAAAB/enc+two=="];

fn converse() -> [Value; 2] {
    let turn = |block: Value, id: &str, city: &str| {
        json!({"output": {"message": {"role": "assistant", "content": [
        {"reasoningContent": block},
        {"toolUse": {"toolUseId": id, "name": "get_weather", "input": {"city": city}}}]}},
        "stopReason": "tool_use", "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}})
    };
    let said = json!({"reasoningText": {"text": "Hm.", "signature": "EqQB/converse+one=="}});
    [
        turn(said, "tooluse_1", "Paris"),
        turn(
            json!({"redactedContent": "EmwK/converse+two=="}),
            "tooluse_2",
            "Oslo",
        ),
    ]
}

fn vendors() -> Vec<Vendor> {
    let claude = |name, endpoint, provider, path, model, mark| Vendor {
        name,
        endpoint,
        provider,
        path,
        model,
        answers: claudes(),
        kept: CLAUDE,
        mark,
    };
    let gemini = |name, provider, path, model| Vendor {
        name,
        endpoint: "generateContent",
        provider,
        path,
        model,
        answers: geminis(),
        kept: GEMINI,
        mark: None,
    };
    let responding = |name, provider| Vendor {
        name,
        endpoint: "responses",
        provider,
        path: "/v1/responses",
        model: "m",
        answers: responses(),
        kept: RESPONSES,
        mark: None,
    };
    let routed = |secret: &str, id: &str, city: &str| {
        completion(
            json!({"role": "assistant", "content": "", "reasoning": "Hm.", "tool_calls": [called(id, city)],
            "reasoning_details": [{"type": "reasoning.encrypted", "data": secret, "format": "f", "index": 0}]}),
        )
    };
    let google = |secret: &str, id: &str, city: &str| {
        let mut call = called(id, city);
        call["extra_content"] = json!({"google": {"thought_signature": secret}});
        completion(json!({"role": "assistant", "content": null, "tool_calls": [call]}))
    };
    let cache = Some(r#""cache_control":{"type":"ephemeral"}"#);
    vec![
        claude(
            "Anthropic",
            "messages",
            "anthropic",
            "/v1/messages",
            "claude-sonnet-4-5",
            cache,
        ),
        claude(
            "Bedrock, InvokeModel",
            "invoke",
            "bedrock",
            "/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke",
            "anthropic.claude-sonnet-4-5-20250929-v1:0",
            cache,
        ),
        Vendor {
            name: "Bedrock, Converse",
            endpoint: "converse",
            provider: "bedrock",
            path: "/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse",
            model: "anthropic.claude-sonnet-4-5-20250929-v1:0",
            answers: converse(),
            kept: &["EqQB/converse+one==", "EmwK/converse+two=="],
            mark: Some(r#"{"cachePoint":{"type":"default"}}"#),
        },
        gemini(
            "Gemini",
            "gemini",
            "/v1beta/models/gemini-3-flash:generateContent",
            "gemini-3-flash",
        ),
        gemini(
            "Vertex AI",
            "vertex",
            "/v1/projects/p/locations/global/publishers/google/models/gemini-3-flash:generateContent",
            "gemini-3-flash",
        ),
        responding("OpenAI, Responses", "openai"),
        responding("Azure OpenAI, Responses", "azure-openai"),
        responding("xAI, Responses", "xai"),
        Vendor {
            mark: Some(r#""prompt_cache_breakpoint":{"mode":"explicit"}"#),
            ..responding("OpenRouter, Responses", "openrouter")
        },
        Vendor {
            name: "OpenRouter",
            endpoint: "chat",
            provider: "openrouter",
            path: "/api/v1/chat/completions",
            model: "anthropic/claude-sonnet-4.5",
            answers: [
                routed("gAAAAAB/routed+one==", "call_1", "Paris"),
                routed("gAAAAAB/routed+two==", "call_2", "Oslo"),
            ],
            kept: &["gAAAAAB/routed+one==", "gAAAAAB/routed+two=="],
            mark: cache,
        },
        Vendor {
            name: "Gemini on OpenAI's wire",
            endpoint: "chat",
            provider: "gemini",
            path: "/v1beta/openai/chat/completions",
            model: "gemini-3-flash",
            answers: [
                google("CsYB/compatible+one==", "call_1", "Paris"),
                google("CsYB/compatible+two==", "call_2", "Oslo"),
            ],
            kept: &["CsYB/compatible+one==", "CsYB/compatible+two=="],
            mark: None,
        },
    ]
}

/// Vendors that have nothing of the kind.
fn others() -> Vec<Vendor> {
    let other = |endpoint, provider, path| Vendor {
        name: provider,
        endpoint,
        provider,
        path,
        model: "m",
        answers: [Value::Null, Value::Null],
        kept: &[],
        mark: None,
    };
    vec![
        other("chat", "cohere", "/v2/chat"),
        other("chat", "ollama", "/api/chat"),
        other("chat", "mistral", "/v1/chat/completions"),
        other("chat", "deepseek", "/chat/completions"),
        other("chat", "groq", "/openai/v1/chat/completions"),
    ]
}

#[test]
fn two_turns_with_tools_keep_them() {
    for vendor in vendors() {
        let (body, _) = vendor.sent(&vendor.conversation());
        let mut from = 0;
        for kept in vendor.kept {
            let found = body[from..].find(kept);
            let found =
                found.unwrap_or_else(|| panic!("{}: {kept} is not in its place in {body}", vendor.name));
            from += found + kept.len();
            assert_eq!(body.matches(kept).count(), 1, "{}: {kept} in {body}", vendor.name);
        }
        if let Some(mark) = vendor.mark {
            assert_eq!(body.matches(mark).count(), 1, "{}: {mark} in {body}", vendor.name);
        }
    }
}

#[test]
fn another_vendor_is_not_sent_them_and_it_is_told() {
    let mut report = Vec::new();
    for maker in vendors() {
        let chat = maker.conversation();
        let elsewhere = vendors().into_iter().chain(others());
        for other in elsewhere.filter(|other| !other.is_of(&maker)) {
            let (body, warnings) = other.sent(&chat);
            let case = format!("{} to {}", maker.name, other.name);
            for kept in maker.kept.iter().filter(|kept| body.contains(**kept)) {
                report.push(format!("{case}: {kept} is sent"));
            }
            let told = |word: &str| warnings.iter().any(|warning| warning.setting.contains(word));
            if !told("reasoning") && !told("signature") {
                report.push(format!("{case}: nothing is said: {warnings:?}"));
            }
            if other.mark.is_none() && !told("cache") {
                report.push(format!("{case}: nothing is said of the mark: {warnings:?}"));
            }
        }
    }
    assert!(
        report.is_empty(),
        "{} cases:\n{}",
        report.len(),
        report.join("\n")
    );
}
