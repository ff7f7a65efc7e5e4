//! Recorded requests, read as a server does, and the input tokens that their vendors counted.

use std::path::PathBuf;
use std::sync::Arc;

use router_cassette::{Cassette, read_dir, read_expected};
use router_core::{ChatRequest, Operation};
use router_wire::{HttpRequest, ServerCodec};
use serde_json::{Value, json};

/// One recorded chat and what its vendor counted.
pub(crate) struct Counted {
    pub(crate) id: String,
    pub(crate) provider: String,
    pub(crate) model: String,
    pub(crate) chat: Arc<ChatRequest>,
    pub(crate) tokens: u64,
    pub(crate) truncated: bool,
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
        unread += usize::from(chat.is_none());
        let (model, chat) = chat?;
        Some(Counted {
            id: cassette.id.clone(),
            provider: cassette.provider.clone(),
            model,
            chat,
            tokens,
            truncated: cassette.request.as_ref().is_some_and(|request| request.truncated),
        })
    });
    let counted: Vec<Counted> = counted.collect();
    Some((counted, unread))
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
    let model = named
        .map(str::to_owned)
        .or_else(|| body["model"].as_str().map(str::to_owned));
    let original = cassette
        .path()
        .rsplit_once("/models/")
        .and_then(|(_, rest)| rest.split(':').next());
    let model = model.or_else(|| original.map(str::to_owned)).unwrap_or_default();
    if body.get("model").is_none() && !path.contains("/models/") {
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
        _ => return None,
    })
}
