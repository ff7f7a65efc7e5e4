//! Recorded requests, read as a server does, and the input tokens that their vendors counted.

use std::path::PathBuf;
use std::sync::Arc;

use router_cassette::{Cassette, RecordedRequest, read_dir, read_expected};
use router_core::{ChatRequest, Operation};
use router_tokens::OpenAiApi;
use router_wire::{HttpRequest, ServerCodec};
use serde_json::{Value, json};

/// One recorded chat and what its vendor counted.
pub(crate) struct Counted {
    pub(crate) id: String,
    pub(crate) provider: String,
    pub(crate) model: String,
    pub(crate) chat: Arc<ChatRequest>,
    pub(crate) tokens: u64,
    pub(crate) api: OpenAiApi,
    /// Why the prompt cannot be known from the recorded request, if so.
    pub(crate) hidden: Option<&'static str>,
}

/// The folder, unless the variable is not set; says so then.
pub(crate) fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("ROUTER_CASSETTES").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: ROUTER_CASSETTES not set");
    }
    folder
}

/// All chats with a count, and how many have one that cannot be read.
pub(crate) fn counted() -> Option<(Vec<Counted>, usize)> {
    let folder = folder()?;
    let expected = read_expected(&folder.join("expected.jsonl")).expect("expected values");
    let cassettes = read_dir(&folder).expect("a folder of recordings");
    let mut unread = 0;
    let counted = cassettes.iter().filter_map(|cassette| {
        let tokens = expected.get(&cassette.id)?["usage"]["input_tokens"].as_u64();
        let tokens = tokens.filter(|tokens| *tokens > 0)?;
        if !["chat", "responses", "messages", "generateContent", "converse"]
            .contains(&cassette.endpoint.as_str())
        {
            return None;
        }
        let chat = read(cassette);
        if chat.is_none() {
            unread += 1;
            if std::env::var_os("ROUTER_SHOW").is_some() {
                println!("unread {}", cassette.id);
            }
        }
        let (model, chat) = chat?;
        Some(Counted {
            id: cassette.id.clone(),
            provider: cassette.provider.clone(),
            model,
            chat,
            tokens,
            api: match cassette.endpoint.as_str() {
                "responses" => OpenAiApi::Responses,
                _ => OpenAiApi::ChatCompletions,
            },
            hidden: cassette
                .request
                .as_ref()
                .and_then(|request| hidden(cassette, request)),
        })
    });
    let counted: Vec<Counted> = counted.collect();
    Some((counted, unread))
}

/// Fields that name what lies at the vendor, or let it write into the prompt.
const AT_THE_VENDOR: [&str; 7] = [
    "previous_response_id",
    "conversation",
    "prompt",
    "cachedContent",
    "mcp_servers",
    "container",
    "context_management",
];

/// Models that search on their own, and bill or count what they found as they like.
const SEARCHING: [&str; 2] = ["-search", "compound"];

fn hidden(cassette: &Cassette, request: &RecordedRequest) -> Option<&'static str> {
    let body = &request.body;
    let given = |field: &&str| body.get(field).is_some_and(|value| !value.is_null());
    let missing = |item: &Value| {
        item["type"] == "reasoning" && !item["encrypted_content"].is_string() && item["content"].is_null()
    };
    let model = body["model"].as_str().unwrap_or_default();
    if request.truncated || body.to_string().contains("encrypted_content_REDACTED") {
        Some("cut or scrubbed")
    } else if AT_THE_VENDOR.iter().any(given) || cassette.path().ends_with("/compact") {
        Some("parts kept at the vendor")
    } else if body["input"]
        .as_array()
        .is_some_and(|items| items.iter().any(missing))
    {
        Some("thoughts kept at the vendor")
    } else if SEARCHING.iter().any(|name| model.contains(name)) {
        Some("models that search on their own")
    } else if cassette.provider == "venice"
        && body["venice_parameters"]["include_venice_system_prompt"] != false
    {
        Some("the vendor's own system prompt, which Venice documents and lets switch off")
    } else {
        None
    }
}

fn read(cassette: &Cassette) -> Option<(String, Arc<ChatRequest>)> {
    let request = cassette.request.as_ref()?;
    let (path, endpoints) = server(cassette)?;
    let mut body = request.body.clone();
    if !body.is_object() {
        return None;
    }
    let named = path
        .rsplit_once("/models/")
        .map(|(_, rest)| rest.split(':').next().unwrap_or(rest));
    let converse = path
        .rsplit('/')
        .nth(1)
        .filter(|_| cassette.endpoint == "converse");
    let model = named
        .or(converse)
        .map(str::to_owned)
        .or_else(|| body["model"].as_str().map(str::to_owned));
    let original = cassette
        .path()
        .rsplit_once("/models/")
        .and_then(|(_, rest)| rest.split(':').next());
    let model = model.or_else(|| original.map(str::to_owned)).unwrap_or_default();
    if body.get("model").is_none() && named.is_none() && converse.is_none() {
        body["model"] = json!(if model.is_empty() { "model" } else { &model });
    }
    if cassette.endpoint == "messages" && body.get("max_tokens").is_none_or(Value::is_null) {
        body["max_tokens"] = json!(1);
    }
    let http = HttpRequest::post_json(path, body.to_string());
    let endpoint = endpoints.iter().find(|endpoint| endpoint.claims(&http))?;
    match endpoint.decode(&http).ok()?.operation {
        Operation::Chat(chat) => Some((model, chat)),
        _ => None,
    }
}

fn server(cassette: &Cassette) -> Option<(String, Vec<Box<dyn ServerCodec>>)> {
    let path = cassette.path();
    Some(match cassette.endpoint.as_str() {
        "generateContent" => {
            let at = path.rfind("/models/")?;
            (format!("/v1beta{}", &path[at..]), router_wire_gemini::endpoints())
        }
        "chat" if path.ends_with("/api/chat") => ("/api/chat".to_owned(), router_ollama::endpoints()),
        "chat" => ("/v1/chat/completions".to_owned(), router_wire_openai::endpoints()),
        "responses" => ("/v1/responses".to_owned(), router_wire_openai::endpoints()),
        "messages" => ("/v1/messages".to_owned(), router_wire_anthropic::endpoints()),
        "converse" => (path.to_owned(), router_bedrock::endpoints()),
        _ => return None,
    })
}
