//! What a vendor of OpenAI's family is sent, told as its differences from the family.

use router_core::chat::{AudioOutput, ReasoningConfig};
use router_core::content::MediaKind;
use router_core::{
    Call, ChatRequest, ContentPart, EmbeddingRequest, Json, Media, Message, ProviderId, ReasoningEffort,
    ResponseFormat, Settings, ToolCall, ToolChoice, ToolDefinition, ToolResult,
};
use router_wire::HttpResponse;
use router_wire::vendor::VendorCodec;
use serde_json::{Map, Value, json};

use crate::requests;

/// The differences of a vendor from its family, as a JSON object: what a test of a dialect compares with the vendor's
/// reference. Nothing is in it that is as the family has it.
///
/// | key | what it tells |
/// |---|---|
/// | `dropped` | settings that are not sent |
/// | `limit`, `user` | the field for the token limit; for the end user's id, `null` where there is none |
/// | `system` | the role of instructions |
/// | `stops` | most stop sequences |
/// | `temperature` | what -1, 0, 1 and 3 are sent as |
/// | `tool_choice` | the choices that are sent |
/// | `strict_tools`, `names` | whether tools may be strict; whether messages may bear a name |
/// | `formats` | the answer formats that are sent, by what was asked |
/// | `reasoning` | what is sent for a level, for none, and for a budget of 2,000 tokens |
/// | `replay` | what of an answer's reasoning goes back on a turn with a call, by the field that it came in |
/// | `media` | what is taken |
/// | `stream` | what is sent for a stream alone |
/// | `text_parts` | how two parts of text are sent |
/// | `cache` | whether marks for a cache are sent |
/// | `embedding` | what is sent of an embedding's settings |
///
/// # Panics
/// When the codec sends what is no JSON.
#[must_use]
pub fn differences<C: VendorCodec>() -> Value {
    let family: Map<String, Value> =
        serde_json::from_str(include_str!("../fixtures/compatible/profile.json")).unwrap_or_default();
    let mut profile = Profile::<C>::new().told();
    profile.retain(|key, value| family.get(key) != Some(value));
    Value::Object(profile)
}

struct Profile<C>(C);

impl<C: VendorCodec> Profile<C> {
    fn new() -> Self {
        Self(C::new(ProviderId::from_static(C::VENDOR.id)))
    }

    fn body(&self, call: &Call) -> Option<Map<String, Value>> {
        let encoded = self.0.encode(call).ok()?;
        Some(serde_json::from_slice(&encoded.request.body).expect("a request's body is a JSON object"))
    }

    fn chat(&self, request: ChatRequest) -> Map<String, Value> {
        self.body(&Call::new("m", request)).unwrap_or_default()
    }

    fn with(&self, change: impl FnOnce(&mut Settings)) -> Map<String, Value> {
        let mut settings = Settings::default();
        change(&mut settings);
        self.chat(requests::text().with_settings(settings))
    }

    fn told(&self) -> Map<String, Value> {
        let temperature = [-1.0, 0.0, 1.0, 3.0]
            .map(|value| self.with(|s| s.temperature = Some(value)).remove("temperature"));
        let told = json!({
            "dropped": self.dropped(),
            "limit": self.limit(),
            "user": self.user(),
            "system": self.chat(requests::system_message())["messages"][0]["role"],
            "stops": self.stops(),
            "temperature": temperature,
            "tool_choice": self.tool_choice(),
            "strict_tools": self.strict_tools(),
            "names": self.names(),
            "formats": self.formats(),
            "reasoning": self.reasoning(),
            "replay": self.replay(),
            "media": self.media(),
            "stream": self.stream(),
            "text_parts": self.text_parts(),
            "cache": self.cache(),
            "embedding": self.embedding(),
        });
        match told {
            Value::Object(told) => told,
            _ => Map::new(),
        }
    }

    fn dropped(&self) -> Vec<&'static str> {
        type Change = fn(&mut Settings);
        let settings: [(&'static str, &'static str, Change); 17] = [
            ("top_p", "top_p", |s| s.top_p = Some(0.5)),
            ("top_k", "top_k", |s| s.top_k = Some(40)),
            ("seed", "seed", |s| s.seed = Some(7)),
            ("frequency_penalty", "frequency_penalty", |s| {
                s.frequency_penalty = Some(0.5)
            }),
            ("presence_penalty", "presence_penalty", |s| {
                s.presence_penalty = Some(0.5)
            }),
            ("stop_sequences", "stop", |s| {
                s.stop_sequences = vec!["END".into()]
            }),
            ("n", "n", |s| s.n = Some(2)),
            ("logprobs", "logprobs", |s| s.logprobs = Some(true)),
            ("top_logprobs", "top_logprobs", |s| {
                s.logprobs = Some(true);
                s.top_logprobs = Some(3);
            }),
            ("logit_bias", "logit_bias", |s| {
                s.logit_bias = vec![("5".into(), 1.0)]
            }),
            ("verbosity", "verbosity", |s| s.verbosity = Some("low".into())),
            ("metadata", "metadata", |s| {
                s.metadata = vec![("a".into(), "b".into())]
            }),
            ("service_tier", "service_tier", |s| {
                s.service_tier = Some("flex".into())
            }),
            ("store", "store", |s| s.store = Some(true)),
            ("prompt_cache_key", "prompt_cache_key", |s| {
                s.prompt_cache_key = Some("k".into())
            }),
            ("modalities", "modalities", |s| s.modalities = vec!["text".into()]),
            ("audio", "audio", |s| {
                let mut audio = AudioOutput::default();
                audio.format = Some("wav".into());
                s.audio = Some(audio);
            }),
        ];
        let mut dropped: Vec<&'static str> = settings
            .into_iter()
            .filter(|(_, field, change)| !self.with(*change).contains_key(*field))
            .map(|(name, ..)| name)
            .collect();
        let parallel = requests::tools().with_parallel_tool_calls(false);
        if !self.chat(parallel).contains_key("parallel_tool_calls") {
            dropped.push("parallel_tool_calls");
        }
        dropped.sort_unstable();
        dropped
    }

    /// The field that a value was sent in.
    fn field_of(body: &Map<String, Value>, value: &Value) -> Option<String> {
        body.iter()
            .find(|(_, sent)| *sent == value)
            .map(|(name, _)| name.clone())
    }

    fn limit(&self) -> Option<String> {
        Self::field_of(&self.with(|s| s.max_output_tokens = Some(777)), &json!(777))
    }

    fn user(&self) -> Option<String> {
        Self::field_of(
            &self.with(|s| s.user = Some("some-user".into())),
            &json!("some-user"),
        )
    }

    fn stops(&self) -> Option<usize> {
        let takes = |count: usize| {
            let stops: Vec<String> = (0..count).map(|at| format!("stop{at}")).collect();
            let request = requests::text().with_stop_sequences(stops);
            self.body(&Call::new("m", request)).is_some()
        };
        (0..64).find(|count| !takes(count + 1))
    }

    fn tool_choice(&self) -> Vec<&'static str> {
        [
            ("auto", ToolChoice::Auto),
            ("none", ToolChoice::None),
            ("required", ToolChoice::Required),
            ("named", ToolChoice::Tool("get_weather".into())),
        ]
        .into_iter()
        .filter(|(_, choice)| {
            let request = requests::tools().with_tool_choice(choice.clone());
            self.chat(request).contains_key("tool_choice")
        })
        .map(|(word, _)| word)
        .collect()
    }

    fn strict_tools(&self) -> bool {
        let mut tool = requests::weather_tool();
        if let ToolDefinition::Function(function) = &mut tool {
            function.strict = Some(true);
        }
        let body = self.chat(requests::text().with_tools([tool]));
        !body["tools"][0]["function"]["strict"].is_null()
    }

    fn names(&self) -> bool {
        let request = ChatRequest::new(vec![Message::user("Hello.").with_name("zoe")]);
        !self.chat(request)["messages"][0]["name"].is_null()
    }

    fn formats(&self) -> Value {
        let sent = |format: ResponseFormat| {
            let body = self.chat(requests::text().with_response_format(format));
            body.get("response_format").map(|format| format["type"].clone())
        };
        let schema = requests::json_schema().response_format.expect("a schema");
        json!({"json": sent(ResponseFormat::Json), "json_schema": sent(schema)})
    }

    fn reasoning(&self) -> Value {
        let plain = self.chat(requests::text());
        let sent = |config: ReasoningConfig| {
            let mut body = self.with(|s| s.reasoning = Some(config));
            body.retain(|name, value| plain.get(name) != Some(value));
            body
        };
        json!({
            "high": sent(ReasoningConfig::effort(ReasoningEffort::High)),
            "none": sent(ReasoningConfig::effort(ReasoningEffort::None)),
            "budget": sent(ReasoningConfig::budget(2_000)),
        })
    }

    /// An answer with reasoning and a call, sent back.
    fn replay(&self) -> Value {
        let fields = ["reasoning_content", "reasoning"];
        let back = fields.map(|field| {
            let answer = json!({"id": "a", "model": "m", "choices": [{"index": 0, "finish_reason": "tool_calls",
                "message": {"role": "assistant", "content": null, field: "Thinking.", "tool_calls": [{"id": "c",
                    "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}]}}]});
            let response = HttpResponse::json(200, answer.to_string());
            let call = Call::new("m", requests::text());
            let Ok(router_core::Output::Chat(answer)) = self.0.decode(&call, &response) else {
                return Value::Null;
            };
            let next = ChatRequest::new(vec![
                Message::user("Hello."),
                answer.to_message(),
                Message::tool([ToolResult::new("c", "18")]),
            ]);
            let mut message = self.chat(next.with_tools([requests::weather_tool()]))["messages"][1].clone();
            if let Some(fields) = message.as_object_mut() {
                fields.retain(|name, _| !["role", "content", "tool_calls"].contains(&name.as_str()));
            }
            message
        });
        let unthought = ChatRequest::new(vec![
            Message::user("Hello."),
            Message::assistant([ContentPart::ToolCall(ToolCall::new("c", "get_weather", "{}"))]),
            Message::tool([ToolResult::new("c", "18")]),
        ]);
        let mut none = self.chat(unthought.with_tools([requests::weather_tool()]))["messages"][1].clone();
        if let Some(fields) = none.as_object_mut() {
            fields.retain(|name, _| !["role", "content", "tool_calls"].contains(&name.as_str()));
        }
        let [content, reasoning] = back;
        json!({"reasoning_content": content, "reasoning": reasoning, "without": none})
    }

    fn media(&self) -> Vec<&'static str> {
        let data = |kind, media_type: &str| Media::base64(kind, media_type.to_owned(), "AAAA");
        let url = |kind| Media::url(kind, "https://example.com/x");
        [
            ("image", data(MediaKind::Image, "image/png")),
            ("image_url", url(MediaKind::Image)),
            (
                "document",
                data(MediaKind::Document, "application/pdf").with_name("x.pdf"),
            ),
            ("audio", data(MediaKind::Audio, "audio/wav")),
            ("video", data(MediaKind::Video, "video/mp4")),
            ("video_url", url(MediaKind::Video)),
        ]
        .into_iter()
        .filter(|(_, media)| {
            let part = ContentPart::Media(media.clone());
            self.body(&Call::new("m", requests::with_image(part))).is_some()
        })
        .map(|(word, _)| word)
        .collect()
    }

    fn stream(&self) -> Map<String, Value> {
        let plain = self.chat(requests::text());
        let mut body = self
            .body(&Call::new("m", requests::text()).streaming())
            .unwrap_or_default();
        body.retain(|name, value| plain.get(name) != Some(value));
        body
    }

    fn text_parts(&self) -> Value {
        let parts = [ContentPart::text("a"), ContentPart::text("b")];
        let body = self.chat(ChatRequest::new(vec![Message::user(parts)]));
        body["messages"][0]["content"].clone()
    }

    fn cache(&self) -> bool {
        let marked = ContentPart::text("a").with_cache(router_core::CacheMark::default());
        let body = self.chat(ChatRequest::new(vec![Message::user([
            marked,
            ContentPart::text("b"),
        ])]));
        Value::Object(body).to_string().contains("cache_control")
    }

    fn embedding(&self) -> Value {
        let mut request = EmbeddingRequest::new(["a"]).with_dimensions(8);
        request.input_type = Some("query".into());
        request.truncate = Some(true);
        request.user = Some("some-user".into());
        let mut body = self
            .body(&Call::new("m", request))
            .map(Value::Object)
            .unwrap_or_default();
        if let Some(fields) = body.as_object_mut() {
            fields.retain(|name, _| !["model", "input"].contains(&name.as_str()));
        }
        body
    }
}

/// What a codec makes of an error reply: kind, and whether to try again.
///
/// # Panics
/// Never: any bytes are an error.
#[must_use]
pub fn error_of<C: VendorCodec>(status: u16, body: &str) -> router_core::Error {
    let codec = C::new(ProviderId::from_static(C::VENDOR.id));
    let call = Call::new("m", requests::text());
    codec.error(&call, &HttpResponse::json(status, body.to_owned()))
}

/// The JSON of a text, for comparing with [`differences`].
///
/// # Panics
/// When the text is no JSON.
#[must_use]
pub fn expected(text: &str) -> Value {
    Json::parse(text.to_owned())
        .and_then(|json| json.to())
        .expect("the differences are written in the test and are JSON")
}
