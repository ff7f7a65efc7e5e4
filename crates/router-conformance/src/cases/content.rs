//! All that a conversation can hold: sent, or said to be left out.

use router_core::chat::{JsonSchemaFormat, ReasoningConfig};
use router_core::content::{CacheMark, MediaKind, MediaSource, Opaque, Reasoning, Refusal, Riders, TextPart};
use router_core::message::Role;
use router_core::tool::{CustomTool, FunctionTool, ServerToolCall};
use router_core::{
    ChatRequest, ContentPart, ErrorKind, Json, Media, Message, ReasoningEffort, ResponseFormat, Text,
    ToolCall, ToolChoice, ToolDefinition, ToolResult,
};

use crate::exchange::Exchange;
use crate::requests::{schema, text, tool_results, tools};
use crate::subject::Subject;

/// Something that a request can hold, and the words of it that must be found in what is sent. Without words, what is sent
/// must differ from the same request without the thing.
struct Thing {
    name: &'static str,
    with: fn() -> ChatRequest,
    without: fn() -> ChatRequest,
    words: &'static [&'static str],
}

const fn words(name: &'static str, words: &'static [&'static str], with: fn() -> ChatRequest) -> Thing {
    Thing {
        name,
        with,
        without: text,
        words,
    }
}

const fn differs(name: &'static str, without: fn() -> ChatRequest, with: fn() -> ChatRequest) -> Thing {
    Thing {
        name,
        with,
        without,
        words: &[],
    }
}

/// Sends each thing alone. What a vendor cannot take is an error before anything is sent, or a warning.
pub(crate) async fn nothing_vanishes(subject: Subject) {
    let mut lost = Vec::new();
    for thing in THINGS {
        let (sent, warned) = match sent(&subject, (thing.with)()).await {
            Ok(sent) => sent,
            Err(kind) => {
                if !matches!(kind, ErrorKind::Unsupported | ErrorKind::InvalidRequest) {
                    lost.push(format!("{} fails with {kind:?}", thing.name));
                }
                continue;
            }
        };
        let told = if thing.words.is_empty() {
            let plain = self::sent(&subject, (thing.without)()).await;
            plain.map_or(true, |(plain, _)| plain != sent)
        } else {
            thing.words.iter().all(|word| sent.contains(word))
        };
        if !told && !warned {
            lost.push(format!("{} vanishes: {sent}", thing.name));
        }
    }
    assert!(lost.is_empty(), "chat_nothing_vanishes: {}", lost.join("\n"));
}

/// What is sent, and whether something is warned of.
async fn sent(subject: &Subject, request: ChatRequest) -> Result<(String, bool), ErrorKind> {
    let exchange = Exchange::of(subject, &subject.fixtures.response_of(&["chat_text"]));
    let answer = exchange
        .chat(subject, request)
        .await
        .map_err(|error| error.kind())?;
    let sent = exchange.sent();
    let body = String::from_utf8_lossy(&sent[0].body).into_owned();
    Ok((body, !answer.head.warnings.is_empty()))
}

fn user(part: impl Into<ContentPart>) -> ChatRequest {
    ChatRequest::new(vec![Message::user([ContentPart::text("Look."), part.into()])])
}

fn in_role(role: Role, part: impl Into<ContentPart>) -> ChatRequest {
    ChatRequest::new(vec![
        Message::user("Look."),
        Message::new(role, [ContentPart::text("Here:"), part.into()]),
        Message::user("Thanks."),
    ])
}

fn media(kind: MediaKind, media_type: &'static str, source: MediaSource) -> Media {
    let mut media = Media::new(kind, source);
    media.media_type = Some(Text::from_static(media_type));
    media
}

const fn by_value() -> MediaSource {
    MediaSource::Base64(Text::from_static("cGl4ZWxz"))
}

const fn by_url(url: &'static str) -> MediaSource {
    MediaSource::Url(Text::from_static(url))
}

const fn by_id() -> MediaSource {
    MediaSource::File(Text::from_static("file-thing81"))
}

/// A conversation with one call and its result.
fn result(result: ToolResult) -> ChatRequest {
    ChatRequest::new(vec![
        Message::user("How is the weather in Paris?"),
        Message::assistant([ContentPart::from(ToolCall::new("call_1", "get_weather", "{}"))]),
        Message::tool([result.with_name("get_weather")]),
    ])
    .with_tools(tools().tools)
}

fn plain_result() -> ChatRequest {
    result(ToolResult::new("call_1", "no such station"))
}

fn weather(change: fn(&mut FunctionTool)) -> ChatRequest {
    let mut request = tools();
    for tool in &mut request.tools {
        if let ToolDefinition::Function(tool) = tool {
            change(tool);
        }
    }
    request
}

fn formatted(change: fn(&mut JsonSchemaFormat)) -> ChatRequest {
    let mut format = JsonSchemaFormat::new("thing81", schema());
    change(&mut format);
    text().with_response_format(ResponseFormat::JsonSchema(format))
}

fn thinking(change: fn(&mut ReasoningConfig)) -> ChatRequest {
    let mut request = text();
    let mut reasoning = ReasoningConfig::effort(ReasoningEffort::High);
    change(&mut reasoning);
    request.settings.reasoning = Some(reasoning);
    request
}

fn marked() -> Riders {
    Riders::new().with_cache(CacheMark::new())
}

const THINGS: &[Thing] = &[
    words("two texts", &["Look.", "Thing81"], || {
        user(ContentPart::text("Thing81"))
    }),
    words("an image by value", &["cGl4ZWxz"], || {
        user(media(MediaKind::Image, "image/png", by_value()))
    }),
    words(
        "an image by address",
        &["https://example.com/thing81.png"],
        || {
            user(media(
                MediaKind::Image,
                "image/png",
                by_url("https://example.com/thing81.png"),
            ))
        },
    ),
    words("an image by id", &["file-thing81"], || {
        user(media(MediaKind::Image, "image/png", by_id()))
    }),
    words("a document by value", &["cGl4ZWxz"], || {
        user(media(MediaKind::Document, "application/pdf", by_value()).with_name("thing81.pdf"))
    }),
    words(
        "a document by address",
        &["https://example.com/thing81.pdf"],
        || {
            user(media(
                MediaKind::Document,
                "application/pdf",
                by_url("https://example.com/thing81.pdf"),
            ))
        },
    ),
    words("a document by id", &["file-thing81"], || {
        user(media(MediaKind::Document, "application/pdf", by_id()))
    }),
    differs("a document of text", text, || {
        user(media(
            MediaKind::Document,
            "text/plain",
            MediaSource::Text(Text::from_static("Thing81")),
        ))
    }),
    words("a sound by value", &["cGl4ZWxz"], || {
        user(media(MediaKind::Audio, "audio/wav", by_value()))
    }),
    words("a sound by address", &["https://example.com/thing81.wav"], || {
        user(media(
            MediaKind::Audio,
            "audio/wav",
            by_url("https://example.com/thing81.wav"),
        ))
    }),
    words("a sound by id", &["file-thing81"], || {
        user(media(MediaKind::Audio, "audio/wav", by_id()))
    }),
    words("a video by value", &["cGl4ZWxz"], || {
        user(media(MediaKind::Video, "video/mp4", by_value()))
    }),
    words("a video by address", &["https://example.com/thing81.mp4"], || {
        user(media(
            MediaKind::Video,
            "video/mp4",
            by_url("https://example.com/thing81.mp4"),
        ))
    }),
    words("a video by id", &["file-thing81"], || {
        user(media(MediaKind::Video, "video/mp4", by_id()))
    }),
    words("an image in a system message", &["cGl4ZWxz"], || {
        in_role(Role::System, media(MediaKind::Image, "image/png", by_value()))
    }),
    words("an image in an assistant's message", &["cGl4ZWxz"], || {
        in_role(Role::Assistant, media(MediaKind::Image, "image/png", by_value()))
    }),
    words("a refusal", &["Thing81"], || {
        in_role(Role::Assistant, ContentPart::Refusal(Refusal::new("Thing81")))
    }),
    words("reasoning that nobody signed", &["Thing81"], || {
        in_role(Role::Assistant, Reasoning::new("Thing81"))
    }),
    words("a call that a vendor ran", &["thing81"], || {
        let raw = Json::from(serde_json::json!({"type": "thing81"}));
        in_role(
            Role::Assistant,
            ContentPart::ServerToolCall(ServerToolCall::new("elsewhere", "thing81", raw)),
        )
    }),
    words("a part of another vendor", &["thing81"], || {
        let raw = Json::from(serde_json::json!({"type": "thing81"}));
        in_role(Role::User, ContentPart::Opaque(Opaque::new("elsewhere", raw)))
    }),
    words("a call in a user's message", &["thing81"], || {
        in_role(Role::User, ToolCall::new("call_1", "thing81", "{}"))
    }),
    words("a refusal in a user's message", &["Thing81"], || {
        in_role(Role::User, ContentPart::Refusal(Refusal::new("Thing81")))
    }),
    words("reasoning in a user's message", &["Thing81"], || {
        in_role(Role::User, Reasoning::new("Thing81"))
    }),
    words("a result in a user's message", &["Thing81"], || {
        let mut request = plain_result();
        if let Some(last) = request.messages.last_mut() {
            *last = Message::user([ContentPart::from(ToolResult::new("call_1", "Thing81"))]);
        }
        request
    }),
    words("a result in an assistant's message", &["Thing81"], || {
        in_role(Role::Assistant, ToolResult::new("call_1", "Thing81"))
    }),
    words("a text beside results", &["Thing81", "no such station"], || {
        let mut request = plain_result();
        if let Some(last) = request.messages.last_mut() {
            last.content.parts_mut().push(ContentPart::text("Thing81"));
        }
        request
    }),
    words("an image in a result", &["cGl4ZWxz", "Look."], || {
        let image = media(MediaKind::Image, "image/png", by_value());
        result(ToolResult::new(
            "call_1",
            [ContentPart::text("Look."), image.into()],
        ))
    }),
    words("a document in a result", &["cGl4ZWxz", "Look."], || {
        let document = media(MediaKind::Document, "application/pdf", by_value()).with_name("thing81.pdf");
        result(ToolResult::new(
            "call_1",
            [ContentPart::text("Look."), document.into()],
        ))
    }),
    differs("a failed result", plain_result, || {
        result(ToolResult::error("call_1", "no such station"))
    }),
    differs("the name of a speaker", text, || {
        ChatRequest::new(vec![Message::user("Say hello.").with_name("Thing81")])
    }),
    differs(
        "the detail of an image",
        || user(media(MediaKind::Image, "image/png", by_value())),
        || {
            let mut image = media(MediaKind::Image, "image/png", by_value());
            image.detail = Some(Text::from_static("low"));
            user(image)
        },
    ),
    differs(
        "a mark of the cache on a text",
        || ChatRequest::new(vec![Message::user([ContentPart::text("Look.")])]),
        || {
            let mut part = TextPart::new("Look.");
            part.riders = marked();
            ChatRequest::new(vec![Message::user([ContentPart::Text(part)])])
        },
    ),
    differs("a mark of the cache on a tool", tools, || {
        weather(|tool| tool.cache = Some(CacheMark::new()))
    }),
    differs("a mark of the cache on a result", plain_result, || {
        let mut marked_result = ToolResult::new("call_1", "no such station");
        marked_result.riders = marked();
        result(marked_result)
    }),
    differs("a strict tool", tools, || {
        weather(|tool| tool.strict = Some(true))
    }),
    words("a tool's description", &["Thing81"], || {
        weather(|tool| tool.description = Some(Text::from_static("Thing81")))
    }),
    words("a tool of free text", &["thing81"], || {
        text().with_tools([ToolDefinition::Custom(CustomTool::new("thing81"))])
    }),
    words("a tool of another vendor", &["thing81"], || {
        let raw = Json::from(serde_json::json!({"type": "thing81"}));
        text().with_tools([ToolDefinition::Provider(Opaque::new("elsewhere", raw))])
    }),
    differs("no tool to be called", tools, || {
        tools().with_tool_choice(ToolChoice::None)
    }),
    differs("a tool to be called", tools, || {
        tools().with_tool_choice(ToolChoice::Required)
    }),
    differs("one tool to be called", tools, || {
        tools().with_tool_choice(ToolChoice::Tool(Text::from_static("get_weather")))
    }),
    differs("one call at a time", tools, || {
        tools().with_parallel_tool_calls(false)
    }),
    differs("an answer in JSON", text, || {
        text().with_response_format(ResponseFormat::Json)
    }),
    words("a schema", &["degrees"], || formatted(|_| {})),
    differs(
        "a schema's description",
        || formatted(|_| {}),
        || formatted(|format| format.description = Some(Text::from_static("Thing81"))),
    ),
    differs("a budget for reasoning", text, || {
        let mut request = text();
        request.settings.reasoning = Some(ReasoningConfig::budget(2048));
        request
    }),
    differs(
        "a summary of reasoning",
        || thinking(|_| {}),
        || thinking(|reasoning| reasoning.summary = Some(Text::from_static("detailed"))),
    ),
    differs(
        "results of two calls",
        || result(ToolResult::new("call_1", "21 degrees")),
        tool_results,
    ),
];
