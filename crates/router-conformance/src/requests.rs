//! The requests of the suite and the answers that every vendor's fixtures give, in the vendor's words.

use router_core::chat::{JsonSchemaFormat, ReasoningConfig};
use router_core::{
    ChatRequest, ContentPart, Json, Media, Message, ReasoningEffort, ResponseFormat, Settings, Text,
    ToolCall, ToolDefinition, ToolResult,
};
use serde_json::json;

/// The answer of all cases that are about text. Characters of two and four bytes, a quote and a line feed are in it, so that
/// cutting and unescaping show.
pub(crate) const TEXT: &str = "Grüße, \"Zoë\"!\n😀 Done.";

/// The answer of `chat_finish_length`.
pub(crate) const CUT_TEXT: &str = "Grüße, \"Zoë";

/// What the model thinks in the cases about reasoning.
pub(crate) const REASONING: &str = "The user wants a greeting.";

/// A picture of one pixel.
const PIXEL: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0x0D, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0,
    0, 1, 8, 6, 0, 0, 0, 0x1F, 0x15, 0xC4, 0x89, 0, 0, 0, 0x0D, b'I', b'D', b'A', b'T', 0x78, 0x9C, 0x63,
    0xF8, 0xCF, 0xC0, 0xF0, 0x1F, 0, 5, 0, 1, 0xFF, 0x56, 0xC7, 0x2F, 0x0D, 0, 0, 0, 0, b'I', b'E', b'N',
    b'D', 0xAE, 0x42, 0x60, 0x82,
];

pub(crate) fn text() -> ChatRequest {
    ChatRequest::user("Say hello.")
}

pub(crate) fn system_message() -> ChatRequest {
    text().with_system("Answer in one line.")
}

pub(crate) fn multi_turn() -> ChatRequest {
    ChatRequest::new(vec![
        Message::user("My name is Zoë."),
        Message::assistant("Nice to meet you."),
        Message::user("Say hello."),
    ])
}

pub(crate) fn image_by_value() -> ContentPart {
    Media::image_bytes("image/png", PIXEL).into()
}

pub(crate) fn image_by_url() -> ContentPart {
    Media::image_url("https://example.com/cat.png").into()
}

pub(crate) fn with_image(image: ContentPart) -> ChatRequest {
    ChatRequest::new(vec![Message::user([
        ContentPart::text("What is in this picture?"),
        image,
    ])])
}

pub(crate) fn weather_tool() -> ToolDefinition {
    ToolDefinition::function(
        "get_weather",
        "Tells the weather of a city.",
        json!({
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": false
        }),
    )
}

pub(crate) fn tools() -> ChatRequest {
    ChatRequest::user("How is the weather in Paris?").with_tools([weather_tool()])
}

pub(crate) fn parallel_tools() -> ChatRequest {
    ChatRequest::user("How is the weather in Paris and in Oslo?").with_tools([weather_tool()])
}

pub(crate) fn tool_results() -> ChatRequest {
    let call = |id: &str, city: &str| {
        ContentPart::from(ToolCall::new(
            id,
            "get_weather",
            json!({"city": city}).to_string(),
        ))
    };
    ChatRequest::new(vec![
        Message::user("How is the weather in Paris and in Oslo?"),
        Message::assistant([call("call_paris", "Paris"), call("call_oslo", "Oslo")]),
        Message::tool([
            ToolResult::new("call_paris", "21 degrees").with_name("get_weather"),
            ToolResult::error("call_oslo", "no such station").with_name("get_weather"),
        ]),
    ])
    .with_tools([weather_tool()])
}

pub(crate) fn schema() -> Json {
    Json::from(json!({
        "type": "object",
        "properties": {"city": {"type": "string"}, "degrees": {"type": "integer"}},
        "required": ["city", "degrees"],
        "additionalProperties": false
    }))
}

pub(crate) fn json_schema() -> ChatRequest {
    ChatRequest::user("How is the weather in Paris?").with_response_format(ResponseFormat::JsonSchema(
        JsonSchemaFormat::new("weather", schema()),
    ))
}

pub(crate) fn reasoning() -> ChatRequest {
    let mut request = text();
    request.settings.reasoning = Some(ReasoningConfig::effort(ReasoningEffort::High));
    request
}

/// Sets one setting.
pub(crate) type Setting = (&'static str, fn(&mut Settings));

/// Every setting that a vendor maps or warns of, by its name in warnings.
pub(crate) const SETTINGS: &[Setting] = &[
    ("max_output_tokens", |settings| {
        settings.max_output_tokens = Some(777)
    }),
    ("temperature", |settings| settings.temperature = Some(0.25)),
    ("top_p", |settings| settings.top_p = Some(0.75)),
    ("top_k", |settings| settings.top_k = Some(17)),
    ("seed", |settings| settings.seed = Some(4242)),
    ("frequency_penalty", |settings| {
        settings.frequency_penalty = Some(0.5);
    }),
    ("presence_penalty", |settings| {
        settings.presence_penalty = Some(0.125)
    }),
    ("stop_sequences", |settings| {
        settings.stop_sequences = vec![Text::from_static("END")];
    }),
    ("n", |settings| settings.n = Some(2)),
    ("logprobs", |settings| settings.logprobs = Some(true)),
    ("top_logprobs", |settings| {
        settings.logprobs = Some(true);
        settings.top_logprobs = Some(3);
    }),
    ("logit_bias", |settings| {
        settings.logit_bias = vec![(Text::from_static("50256"), -100.0)];
    }),
    ("reasoning", |settings| {
        settings.reasoning = Some(ReasoningConfig::effort(ReasoningEffort::High));
    }),
    ("verbosity", |settings| {
        settings.verbosity = Some(Text::from_static("low"));
    }),
    ("user", |settings| {
        settings.user = Some(Text::from_static("user-81"))
    }),
    ("metadata", |settings| {
        settings.metadata = vec![(Text::from_static("team"), Text::from_static("blue"))];
    }),
    ("service_tier", |settings| {
        settings.service_tier = Some(Text::from_static("flex"));
    }),
    ("store", |settings| settings.store = Some(true)),
    ("prompt_cache_key", |settings| {
        settings.prompt_cache_key = Some(Text::from_static("greeting"));
    }),
];

/// The settings that nearly all vendors have, together.
pub(crate) fn common_settings() -> ChatRequest {
    let mut request = text();
    for (name, set) in SETTINGS {
        if matches!(
            *name,
            "max_output_tokens" | "temperature" | "top_p" | "stop_sequences"
        ) {
            set(&mut request.settings);
        }
    }
    request
}
