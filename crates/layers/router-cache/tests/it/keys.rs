//! Keys: whatever is changed in a request is another key.

use std::collections::HashSet;
use std::time::Duration;

use proptest::prelude::*;
use router_cache::{CacheControl, CacheHandle, CacheKey, CacheLayer, CachePolicy, Scope};
use router_core::audio::{SpeechRequest, TranscriptionRequest};
use router_core::image::ImageRequest;
use router_core::model::ListModelsRequest;
use router_core::moderation::ModerationRequest;
use router_core::rerank::RerankRequest;
use router_core::tokens::CountTokensRequest;
use router_core::{Call, ChatRequest, Context, EmbeddingRequest, Operation, OperationKind, Request};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn handle(scope: Scope) -> CacheHandle {
    let policy = CachePolicy::new(Duration::from_secs(60)).with_scope(scope);
    CacheLayer::new(policy).expect("a policy").handle()
}

fn key(call: &Call) -> CacheKey {
    handle(Scope::Caller).key(call, &"p".into()).expect("a key")
}

/// Reads as from a file: what is kept as raw JSON reads from text alone.
fn read<R: DeserializeOwned>(value: &Value) -> serde_json::Result<R> {
    serde_json::from_str(&value.to_string())
}

/// A request with every field set, as JSON.
fn full_chat() -> Value {
    json!({
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [
                {"text": {"text": "What is this?", "riders": {"cache": {"ttl": "5m"}}}},
                {"media": {"kind": "image", "media_type": "image/png", "source": {"url": "https://example.com/a.png"}, "name": "a"}}
            ], "name": "ada"},
            {"role": "assistant", "content": [
                {"reasoning": {"text": "hm", "redacted": false, "riders": {"signature": {"provider": "anthropic", "data": "c2ln"}}}},
                {"tool_call": {"id": "c1", "name": "f", "arguments": "{\"a\":1}"}}
            ]},
            {"role": "tool", "content": [
                {"tool_result": {"call_id": "c1", "content": "42", "is_error": false}}
            ]}
        ],
        "tools": [{"function": {"name": "f", "description": "d", "parameters": {"type": "object"}, "strict": true}}],
        "tool_choice": {"tool": "f"},
        "parallel_tool_calls": true,
        "response_format": {"json_schema": {"name": "n", "schema": {"type": "object"}, "strict": true}},
        "settings": {
            "max_output_tokens": 100, "temperature": 0.5, "top_p": 0.9, "top_k": 40, "seed": 7,
            "frequency_penalty": 0.1, "presence_penalty": 0.2, "stop_sequences": ["a", "b"], "n": 2,
            "logprobs": true, "top_logprobs": 3, "logit_bias": [["50256", -1.0]],
            "reasoning": {"effort": "high", "budget_tokens": 2048, "summary": "auto", "include_thoughts": true},
            "verbosity": "low", "user": "u", "metadata": [["k", "v"]], "service_tier": "flex", "store": true,
            "prompt_cache_key": "p", "modalities": ["text"], "audio": {"voice": "alloy", "format": "wav"},
            "previous_response_id": "r1"
        },
        "provider_options": [["openai", {"x": 1}]],
        "strict": true,
        "extra": {"wire": "openai", "fields": [["custom", {"deep": [1, "two"]}]]}
    })
}

fn full_embedding() -> Value {
    json!({
        "inputs": [{"text": "one"}, {"tokens": [1, 2]}], "dimensions": 256, "input_type": "search_query",
        "truncate": true, "encoding_format": "float", "user": "u", "provider_options": [["openai", {"x": 1}]],
        "strict": true, "extra": {"wire": "openai", "fields": [["custom", 1]]}
    })
}

fn picture() -> Value {
    json!({
        "kind": "image", "media_type": "image/png", "source": {"base64": "aGk="}, "name": "a", "detail": "low",
        "riders": {"cache": {"ttl": "5m"}}
    })
}

fn full_image() -> Value {
    json!({
        "prompt": "a cat", "negative_prompt": "a dog", "images": [picture(), picture()], "mask": picture(), "n": 2,
        "size": "1024x1024", "aspect_ratio": "16:9", "quality": "high", "background": "opaque",
        "output_format": "png", "delivery": "url", "previews": 2, "seed": 7, "user": "u",
        "provider_options": [["openai", {"x": 1}]], "strict": true,
        "extra": {"wire": "openai", "fields": [["custom", 1]]}
    })
}

fn full_rerank() -> Value {
    json!({
        "query": "cats", "documents": [{"text": {"text": "one"}}, {"text": {"text": "two"}}, {"media": picture()}],
        "top_n": 2, "return_documents": true, "provider_options": [["cohere", {"x": 1}]], "strict": true,
        "extra": {"wire": "cohere", "fields": [["custom", 1]]}
    })
}

fn full_speech() -> Value {
    json!({
        "input": "Hello.", "voice": "alloy", "instructions": "slowly", "format": "mp3", "speed": 1.5,
        "provider_options": [["openai", {"x": 1}]], "strict": true,
        "extra": {"wire": "openai", "fields": [["custom", 1]]}
    })
}

fn full_transcription() -> Value {
    json!({
        "audio": picture(), "language": "no", "translate": true, "prompt": "names", "temperature": 0.5,
        "format": "verbose_json", "timestamps": ["word", "segment"],
        "provider_options": [["openai", {"x": 1}]], "strict": true,
        "extra": {"wire": "openai", "fields": [["custom", 1]]}
    })
}

fn full_moderation() -> Value {
    json!({
        "inputs": ["one", [{"text": {"text": "two"}}, {"media": picture()}]],
        "provider_options": [["openai", {"x": 1}]], "extra": {"wire": "openai", "fields": [["custom", 1]]}
    })
}

/// Every request that differs from `value` in one leaf, or lacks one field or element.
fn mutations(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => vec![],
        Value::Bool(bool) => vec![json!(!bool)],
        Value::Number(number) => match number.as_i64() {
            Some(number) => vec![json!(number + 1)],
            None => vec![json!(number.as_f64().unwrap_or_default() + 0.25)],
        },
        Value::String(text) => vec![json!(format!("{text}x"))],
        Value::Array(list) => {
            let mut found = Vec::new();
            for place in 0..list.len() {
                let mut without = list.clone();
                without.remove(place);
                found.push(Value::Array(without));
                for mutated in mutations(&list[place]) {
                    let mut changed = list.clone();
                    changed[place] = mutated;
                    found.push(Value::Array(changed));
                }
            }
            found
        }
        Value::Object(fields) => {
            let mut found = Vec::new();
            for (name, value) in fields {
                let mut without = fields.clone();
                without.remove(name);
                found.push(Value::Object(without));
                for mutated in mutations(value) {
                    let mut changed = fields.clone();
                    changed.insert(name.clone(), mutated);
                    found.push(Value::Object(changed));
                }
            }
            found
        }
    }
}

/// How many values there are.
fn leaves(value: &Value) -> usize {
    match value {
        Value::Array(list) => list.iter().map(leaves).sum(),
        Value::Object(fields) => fields.values().map(leaves).sum(),
        Value::Null => 0,
        _ => 1,
    }
}

/// The fields at the top, and of settings, that are not set.
fn unset(value: &Value) -> Vec<&str> {
    let is_unset = |value: &Value| match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(list) => list.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    };
    let mut names = Vec::new();
    for object in [value, &value["settings"]] {
        if let Value::Object(fields) = object {
            names.extend(
                fields
                    .iter()
                    .filter(|(_, value)| is_unset(value))
                    .map(|(name, _)| name.as_str()),
            );
        }
    }
    names
}

/// Checks that every mutation that is still a request, and another one, has another key; the number of them.
fn all_differ<R>(full: &Value) -> usize
where
    R: Request + Serialize + DeserializeOwned + PartialEq + std::fmt::Debug + Clone,
    Operation: From<R>,
{
    let original: R = read(full).expect("the request reads");
    let again = serde_json::to_value(&original).expect("JSON");
    assert_eq!(
        leaves(&again),
        leaves(full),
        "all of the request is known to us: {again:#}"
    );
    assert!(
        unset(&again).is_empty(),
        "every field is set: {:?}",
        unset(&again)
    );
    let key_of = |request: R| key(&Call::new("m", Operation::from(request)));
    let expected = key_of(original.clone());
    assert_eq!(key_of(original.clone()), expected, "equal requests have one key");
    let mut requests: Vec<R> = Vec::new();
    let mut keys = HashSet::from([expected]);
    for mutated in mutations(full) {
        let Ok(request) = read::<R>(&mutated) else {
            continue;
        };
        if request == original || requests.contains(&request) {
            continue;
        }
        assert!(
            keys.insert(key_of(request.clone())),
            "one key for two requests: {request:?}"
        );
        requests.push(request);
    }
    requests.len()
}

/// Each operation that there is; a new one does not pass unnoticed.
#[test]
fn whatever_is_changed_in_a_request_is_another_key() {
    for kind in OperationKind::ALL {
        let (changes, least) = match kind {
            OperationKind::Chat => (all_differ::<ChatRequest>(&full_chat()), 80),
            OperationKind::Embed => (all_differ::<EmbeddingRequest>(&full_embedding()), 12),
            OperationKind::GenerateImage => (all_differ::<ImageRequest>(&full_image()), 30),
            OperationKind::Rerank => (all_differ::<RerankRequest>(&full_rerank()), 12),
            OperationKind::Speak => (all_differ::<SpeechRequest>(&full_speech()), 12),
            OperationKind::Transcribe => (all_differ::<TranscriptionRequest>(&full_transcription()), 12),
            OperationKind::Moderate => (all_differ::<ModerationRequest>(&full_moderation()), 10),
            OperationKind::CountTokens => {
                let count = json!({ "chat": full_chat() });
                (all_differ::<CountTokensRequest>(&count), 80)
            }
            OperationKind::ListModels => (all_differ::<ListModelsRequest>(&json!({ "page": "2" })), 2),
            other => panic!("{other:?} has no request here"),
        };
        assert!(changes >= least, "{kind:?}: {changes}");
    }
}

/// One request of each operation, as alike as they can be.
#[test]
fn operations_never_share_a_key() {
    let chat: ChatRequest = read(&full_chat()).expect("the request reads");
    let calls: [Operation; 9] = [
        chat.clone().into(),
        CountTokensRequest::new(chat).into(),
        EmbeddingRequest::new(["one"]).into(),
        ModerationRequest::new(["one"]).into(),
        SpeechRequest::new("one").into(),
        ImageRequest::new("one").into(),
        RerankRequest::new("one", ["one"]).into(),
        read::<TranscriptionRequest>(&json!({ "audio": picture() }))
            .expect("the request reads")
            .into(),
        ListModelsRequest::default().into(),
    ];
    let kinds: HashSet<_> = calls.iter().map(Operation::kind).collect();
    assert_eq!(kinds.len(), OperationKind::ALL.len(), "each of them");
    let keys: HashSet<_> = calls.into_iter().map(|call| key(&Call::new("m", call))).collect();
    assert_eq!(keys.len(), OperationKind::ALL.len());
}

#[test]
fn what_goes_with_a_call_tells_as_much_as_it_should() {
    let chat = || Call::new("m", ChatRequest::user("Hi."));
    let with = |context: Context| chat().with_context(context);
    let in_namespace =
        |name: &'static str| with(Context::new().with_extension(CacheControl::new().with_namespace(name)));
    let different = [
        chat(),
        Call::new("m2", ChatRequest::user("Hi.")),
        with(Context::new().with_caller("")),
        with(Context::new().with_caller("alice")),
        with(Context::new().with_media_fetching()),
        in_namespace("one"),
        in_namespace("other"),
    ];
    let keys: HashSet<_> = different.iter().map(key).collect();
    assert_eq!(keys.len(), different.len());
    let at = |provider: &'static str| {
        handle(Scope::Caller)
            .key(&chat(), &provider.into())
            .expect("a key")
    };
    assert_ne!(at("p"), at("q"), "another provider");

    let same = [
        with(Context::new().with_request_id("r-1")),
        with(Context::new().with_tag("team", "red")),
        with(Context::new().with_attempts(2)),
        in_namespace(""),
        chat().streaming(),
    ];
    for call in &same {
        assert_eq!(key(call), key(&chat()), "{call:?}");
    }
    let by_team = handle(Scope::Tag("team".into()));
    let of = |context: Context| by_team.key(&with(context), &"p".into()).expect("a key");
    assert_ne!(
        of(Context::new().with_tag("team", "red")),
        of(Context::new().with_tag("team", "blue"))
    );
    assert_eq!(
        of(Context::new().with_tag("team", "red").with_caller("alice")),
        of(Context::new().with_tag("team", "red"))
    );
}

proptest! {
    /// No way of cutting the same letters into names makes the same key.
    #[test]
    fn pieces_do_not_run_into_each_other(
        one in prop::collection::vec("[ab]{0,3}", 4),
        other in prop::collection::vec("[ab]{0,3}", 4),
    ) {
        let key_of = |pieces: &[String]| {
            let layer = CacheLayer::new(CachePolicy::default()).expect("a policy");
            let parts = pieces[2].clone();
            let layer = layer.told_apart_by(move |_, add| add(parts.as_bytes()));
            let context = Context::new().with_caller(pieces[1].as_str());
            let call = Call::new(pieces[0].as_str(), ChatRequest::user(pieces[3].as_str())).with_context(context);
            layer.handle().key(&call, &"p".into()).expect("a key")
        };
        prop_assert_eq!(key_of(&one) == key_of(&other), one == other);
    }
}
