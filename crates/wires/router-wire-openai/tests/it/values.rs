//! Values that both wires can express, made at random.

use proptest::prelude::*;
use router_core::chat::{JsonSchemaFormat, Logprobs, TokenLogprob, Usage};
use router_core::content::{Media, MediaKind};
use router_core::tool::{CustomTool, FunctionTool, ToolCallKind};
use router_core::{ContentPart, Json, ResponseFormat, Text, ToolCall, ToolChoice, ToolDefinition};

pub(crate) fn words() -> impl Strategy<Value = String> {
    prop::string::string_regex("[a-zA-Zäöü€😀\"\\\\\n{}: ]{1,12}").expect("a pattern")
}

pub(crate) fn id() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9_-]{1,10}"
}

pub(crate) fn text() -> impl Strategy<Value = Text> {
    words().prop_map(Text::from)
}

pub(crate) fn maybe_word() -> impl Strategy<Value = Option<Text>> {
    prop::option::of(id().prop_map(Text::from))
}

pub(crate) fn text_part() -> impl Strategy<Value = ContentPart> {
    words().prop_map(ContentPart::text)
}

pub(crate) fn detail() -> impl Strategy<Value = Option<Text>> {
    prop::option::of(prop_oneof![Just("low"), Just("high")].prop_map(Text::from_static))
}

/// Pictures by address and by value, and documents and sounds by value.
pub(crate) fn media() -> impl Strategy<Value = Media> {
    let image = prop_oneof![
        Just(Media::image_bytes("image/png", b"png")),
        id().prop_map(|path| Media::image_url(format!("https://example.com/{path}"))),
    ];
    let image = (image, detail()).prop_map(|(mut image, detail)| {
        image.detail = detail;
        image
    });
    let other = prop_oneof![
        id().prop_map(|name| Media::bytes(MediaKind::Document, "application/pdf", b"%PDF-").with_name(name)),
        Just(Media::bytes(MediaKind::Audio, "audio/wav", b"wav")),
        Just(Media::bytes(MediaKind::Audio, "audio/mpeg", b"mp3")),
    ];
    prop_oneof![image, other]
}

pub(crate) fn arguments() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("{}".to_owned()),
        words().prop_map(|text| serde_json::json!({ "a": text, "b": [1, 2.5, null] }).to_string()),
    ]
}

/// Calls with JSON, and calls with free text.
pub(crate) fn calls() -> impl Strategy<Value = Vec<ToolCall>> {
    let call = (id(), arguments(), words(), prop::bool::weighted(0.2));
    prop::collection::vec(call, 0..3).prop_map(|calls| {
        let made = calls.into_iter().enumerate();
        made.map(|(at, (name, arguments, input, custom))| {
            let arguments = if custom { input } else { arguments };
            let mut call = ToolCall::new(format!("call_{at}"), name, arguments);
            if custom {
                call.kind = ToolCallKind::Custom;
            }
            call
        })
        .collect()
    })
}

pub(crate) fn schema() -> Json {
    Json::parse(r#"{"type":"object","properties":{},"additionalProperties":false}"#).expect("JSON")
}

pub(crate) fn tools() -> impl Strategy<Value = Vec<ToolDefinition>> {
    let function = (
        id(),
        prop::option::of(text()),
        prop::option::of(Just(schema())),
        prop::option::of(prop::bool::ANY),
    );
    let function = function.prop_map(|(name, description, parameters, strict)| {
        let mut tool = FunctionTool::new(name);
        tool.description = description;
        tool.parameters = parameters;
        tool.strict = strict;
        ToolDefinition::Function(tool)
    });
    let grammar = Json::parse(r#"{"type":"text"}"#).expect("JSON");
    let custom = (id(), prop::option::of(text()), prop::option::of(Just(grammar)));
    let custom = custom.prop_map(|(name, description, format)| {
        let mut tool = CustomTool::new(name);
        tool.description = description;
        tool.format = format;
        ToolDefinition::Custom(tool)
    });
    prop::collection::vec(prop_oneof![3 => function, 1 => custom], 0..3)
}

pub(crate) fn tool_choice() -> impl Strategy<Value = Option<ToolChoice>> {
    prop::option::of(prop_oneof![
        Just(ToolChoice::Auto),
        Just(ToolChoice::None),
        Just(ToolChoice::Required),
        id().prop_map(|name| ToolChoice::Tool(name.into())),
    ])
}

pub(crate) fn response_format() -> impl Strategy<Value = Option<ResponseFormat>> {
    let schema = (id(), prop::option::of(text()), prop::option::of(prop::bool::ANY)).prop_map(
        |(name, description, strict)| {
            let mut format = JsonSchemaFormat::new(name, schema());
            format.description = description;
            format.strict = strict;
            ResponseFormat::JsonSchema(format)
        },
    );
    prop::option::of(prop_oneof![
        Just(ResponseFormat::Text),
        Just(ResponseFormat::Json),
        schema
    ])
}

pub(crate) fn pairs() -> impl Strategy<Value = Vec<(Text, Text)>> {
    prop::collection::btree_map(id(), words(), 0..3).prop_map(|pairs| {
        let pairs = pairs.into_iter();
        pairs
            .map(|(name, value)| (Text::from(name), Text::from(value)))
            .collect()
    })
}

/// Tenths, so that what is written as decimals is read as the same number.
pub(crate) fn tenths(most: u8) -> impl Strategy<Value = Option<f64>> {
    prop::option::of((0..=most).prop_map(|tenths| f64::from(tenths) / 10.0))
}

pub(crate) fn logprobs() -> impl Strategy<Value = Option<Logprobs>> {
    let token = |top: Vec<TokenLogprob>| {
        (text(), 0u8..40, prop::bool::ANY).prop_map(move |(token, quarter, bytes)| {
            let mut one = TokenLogprob::new(token.clone(), -f64::from(quarter) / 4.0);
            one.bytes = bytes.then(|| token.as_bytes().to_vec());
            one.top.clone_from(&top);
            one
        })
    };
    let with_top = prop::collection::vec(token(Vec::new()), 0..3).prop_flat_map(token);
    prop::option::of(prop::collection::vec(with_top, 1..4).prop_map(Logprobs::of_content))
}

/// Counts of which the parts are no more than the whole.
pub(crate) fn usage() -> impl Strategy<Value = Usage> {
    let counts = (0u64..1000, 0u64..1000, 0u64..1000, 0u64..1000, 0u64..1000);
    counts.prop_map(|(rest, read, written, said, thought)| {
        let mut usage = Usage::new(rest + read + written, said + thought);
        usage.cache_read_input_tokens = Some(read);
        usage.cache_creation_input_tokens = Some(written);
        usage.reasoning_output_tokens = Some(thought);
        usage
    })
}
