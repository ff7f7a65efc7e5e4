//! What Zhipu is sent that its family is not, by its reference and not by the code; and what only Zhipu answers.

use router_conformance::profile::{differences, error_of, expected};
use router_core::chat::ReasoningConfig;
use router_core::{
    Call, ChatRequest, ContentPart, Error, ErrorKind, FinishReason, Output, ProviderId, ReasoningEffort,
    Settings, StreamEvent,
};
use router_wire::vendor::VendorCodec as _;
use router_wire::{Codec as _, FrameLimits, HttpResponse, StreamReader};
use router_zhipu::{Thinking, WebSearch, ZhipuCodec, ZhipuOptions};
use serde_json::{Value, json};

#[test]
fn what_differs_from_the_family() {
    let reference = r#"{
        "dropped": ["audio", "frequency_penalty", "logit_bias", "logprobs", "metadata", "modalities", "n",
            "parallel_tool_calls", "presence_penalty", "prompt_cache_key", "seed", "service_tier", "store", "top_k",
            "top_logprobs", "verbosity"],
        "user": "user_id",
        "stops": 1,
        "temperature": [0.01, 0.01, 0.99, 0.99],
        "tool_choice": ["auto"],
        "formats": {"json": "json_object", "json_schema": "json_object"},
        "stream": {"stream": true},
        "reasoning": {
            "high": {"thinking": {"type": "enabled"}},
            "none": {"thinking": {"type": "disabled"}},
            "budget": {"thinking": {"type": "enabled"}}
        },
        "media": ["image", "image_url", "audio", "video", "video_url"]
    }"#;
    assert_eq!(differences::<ZhipuCodec>(), expected(reference));
}

fn codec() -> ZhipuCodec {
    ZhipuCodec::new(ProviderId::from_static("zhipu"))
}

/// The body of a chat, and the settings that are warned of.
fn sent(model: &str, request: ChatRequest) -> (Value, Vec<String>) {
    let encoded = codec()
        .encode(&Call::new(model, request))
        .expect("the request is written");
    let body = serde_json::from_slice(&encoded.request.body).expect("JSON");
    let warnings = encoded.warnings.iter().map(|of| of.setting.to_string());
    (body, warnings.collect())
}

fn thinking(effort: ReasoningEffort) -> ChatRequest {
    let mut settings = Settings::default();
    settings.reasoning = Some(ReasoningConfig::effort(effort));
    ChatRequest::user("Hi").with_settings(settings)
}

#[test]
fn levels_of_thinking_by_family() {
    let of = |model: &str, effort| {
        let (body, warnings) = sent(model, thinking(effort));
        (
            body["thinking"]["type"].clone(),
            body["reasoning_effort"].clone(),
            warnings,
        )
    };
    let warned = || vec!["reasoning".to_owned()];
    use ReasoningEffort::{High, None};
    assert_eq!(of("glm-5.2", High), (json!("enabled"), json!("high"), vec![]));
    assert_eq!(of("glm-5.2", None), (json!("disabled"), Value::Null, vec![]));
    assert_eq!(of("glm-4.7", High), (json!("enabled"), Value::Null, warned()));
    assert_eq!(of("glm-4.7", None), (json!("disabled"), Value::Null, vec![]));
    assert_eq!(of("glm-5.3", None), (json!("enabled"), json!("low"), warned()));
    assert_eq!(of("glm-4-plus", High), (Value::Null, Value::Null, warned()));

    let mut strict = thinking(None);
    strict.strict = true;
    let error = codec()
        .encode(&Call::new("glm-5.3", strict))
        .expect_err("it cannot be turned off");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[test]
fn top_p_stays_inside() {
    for (asked, sent_as, warns) in [(0.0, 0.01, true), (0.5, 0.5, false), (1.0, 0.99, true)] {
        let mut settings = Settings::default();
        settings.top_p = Some(asked);
        let (body, warnings) = sent("glm-5.3", ChatRequest::user("Hi").with_settings(settings));
        assert_eq!(body["top_p"], sent_as);
        assert_eq!(!warnings.is_empty(), warns);
    }
}

#[test]
fn options_and_the_search_tool() {
    let mut options = ZhipuOptions::default();
    options.thinking = Some(Thinking::preserved());
    options.tool_stream = Some(true);
    options.request_id = Some("mine".to_owned());
    let mut search = WebSearch::default();
    search.search_engine = Some("search_pro".to_owned());
    search.count = Some(5);
    let request = ChatRequest::user("Hi")
        .with_tools([search.tool()])
        .with_provider_options("zhipu", &options)
        .expect("options");
    let (body, warnings) = sent("glm-4.7", request);
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!(
        body["thinking"],
        json!({"type": "enabled", "clear_thinking": false})
    );
    assert_eq!(body["tool_stream"], true);
    assert_eq!(body["request_id"], "mine");
    let tool = json!({"type": "web_search", "web_search":
        {"enable": true, "search_result": true, "search_engine": "search_pro", "count": 5}});
    assert_eq!(body["tools"], json!([tool]));
}

const FOUND: &str =
    r#"[{"title": "News", "link": "https://example.com/a", "content": "Much.", "refer": "ref_1"}]"#;

/// What a search found stands in front of the answer in streams, and beside it in whole answers.
#[test]
fn what_was_found_is_cited() {
    let call = Call::new("glm-5.3", ChatRequest::user("Hi"));
    let whole = format!(
        r#"{{"id": "a", "model": "m", "choices": [{{"index": 0, "finish_reason": "stop",
            "message": {{"role": "assistant", "content": "So it is."}}}}], "web_search": {FOUND}}}"#
    );
    let whole = codec().decode(&call, &HttpResponse::json(200, whole));
    let Ok(Output::Chat(whole)) = whole else {
        panic!("an answer: {whole:?}");
    };
    let stream = format!(
        "data: {{\"id\":\"a\",\"model\":\"m\",\"web_search\":{FOUND},\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"So \"}}}}]}}\n\n\
         data: {{\"id\":\"a\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"it is.\"}},\"finish_reason\":\"stop\"}}]}}\n\n\
         data: [DONE]\n\n"
    );
    let (events, error) = read(&stream);
    assert!(error.is_none(), "{error:?}");
    let mut collector = router_core::collect::Collector::new();
    events.into_iter().for_each(|event| collector.push(event));
    for answer in [whole, collector.finish()] {
        let [ContentPart::Text(text)] = &answer.choices[0].content[..] else {
            panic!("one text: {answer:?}");
        };
        assert_eq!(text.text, "So it is.");
        let [citation] = &text.citations[..] else {
            panic!("one source: {text:?}");
        };
        assert_eq!(citation.url.as_deref(), Some("https://example.com/a"));
        assert_eq!(citation.title.as_deref(), Some("News"));
        assert_eq!(citation.cited_text.as_deref(), Some("Much."));
    }
}

fn read(stream: &str) -> (Vec<StreamEvent>, Option<Error>) {
    let call = Call::new("glm-5.3", ChatRequest::user("Hi")).streaming();
    StreamReader::new(codec().stream_decoder(&call), FrameLimits::default())
        .read_all([stream.to_owned().into()])
}

#[test]
fn words_for_the_end() {
    for (word, reason) in [
        ("sensitive", FinishReason::ContentFilter),
        ("network_error", FinishReason::Error),
        ("model_context_window_exceeded", FinishReason::Length),
    ] {
        let stream = format!(
            "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"a\"}},\"finish_reason\":\"{word}\"}}]}}\n\ndata: [DONE]\n\n"
        );
        let (events, error) = read(&stream);
        assert!(error.is_none());
        let Some(StreamEvent::Finish(finish)) = events.last() else {
            panic!("an end: {events:?}");
        };
        assert_eq!(finish.choices[0].reason, reason);
        assert_eq!(finish.choices[0].raw.as_deref(), Some(word));
    }
}

/// Number, status, kind, whether to try again (<https://docs.bigmodel.cn/cn/faq/api-code>).
#[test]
fn numbers_of_errors() {
    for (code, status, kind, again) in [
        ("1001", 401, ErrorKind::Authentication, false),
        ("1220", 403, ErrorKind::PermissionDenied, false),
        ("1113", 429, ErrorKind::QuotaExceeded, false),
        ("1112", 429, ErrorKind::PermissionDenied, false),
        ("1234", 500, ErrorKind::Server, true),
        ("1214", 400, ErrorKind::InvalidRequest, false),
        ("1211", 400, ErrorKind::NotFound, false),
        ("1231", 400, ErrorKind::InvalidRequest, false),
        ("1261", 400, ErrorKind::ContextLengthExceeded, false),
        ("1301", 400, ErrorKind::ContentFiltered, false),
        ("1302", 429, ErrorKind::RateLimited, true),
        ("1305", 429, ErrorKind::Overloaded, true),
        ("1308", 429, ErrorKind::QuotaExceeded, false),
        ("1311", 429, ErrorKind::PermissionDenied, false),
    ] {
        for body in [
            format!(r#"{{"error":{{"code":"{code}","message":"错误"}}}}"#),
            format!(r#"{{"error":{{"code":{code},"message":"错误"}}}}"#),
        ] {
            let error = error_of::<ZhipuCodec>(status, &body);
            assert_eq!((error.kind(), error.is_retryable()), (kind, again), "{body}");
            assert_eq!(error.code(), Some(code));
        }
        let (_, error) = read(&format!(
            "data: {{\"error\":{{\"code\":\"{code}\",\"message\":\"错误\"}}}}\n\n"
        ));
        assert_eq!(error.map(|error| error.kind()), Some(kind), "{code} in a stream");
    }
}
