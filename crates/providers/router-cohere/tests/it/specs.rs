//! Published schemas, in a folder named by `ROUTER_SPECS`: what both sides write fits them.

use std::path::PathBuf;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::Value;

/// The folder of schemas. What is judged by them is judged by the other tests as well, so that without it only the skip is told.
fn folder() -> Option<PathBuf> {
    std::env::var_os("ROUTER_SPECS").map(PathBuf::from)
}

/// One schema of the vendor, where the folder is there.
pub(crate) struct Schema(LazyLock<Option<Validator>, fn() -> Option<Validator>>);

macro_rules! schemas {
    ($($name:ident = $root:literal;)+) => {
        $(pub(crate) static $name: Schema = Schema(LazyLock::new(|| validator($root)));)+
    };
}

schemas! {
    CHAT = "ChatRequest";
    CHAT_ANSWER = "ChatResponse";
    CHAT_EVENT = "ChatStreamEvent";
    EMBED = "EmbedRequest";
    EMBED_ANSWER = "EmbedResponse";
    RERANK = "RerankRequest";
    RERANK_ANSWER = "RerankResponse";
    ERROR = "Error";
}

fn validator(root: &str) -> Option<Validator> {
    let text =
        std::fs::read_to_string(folder()?.join("cohere/cohere-schemas.json")).expect("a file of schemas");
    let mut schema: Value = serde_json::from_str(&text).expect("JSON");
    schema["$ref"] = format!("#/$defs/{root}").into();
    Some(jsonschema::validator_for(&schema).expect("a schema"))
}

impl Schema {
    /// What does not fit; nothing without the folder.
    pub(crate) fn errors(&self, body: &[u8]) -> Vec<String> {
        let Some(validator) = &*self.0 else {
            return Vec::new();
        };
        let value: Value = serde_json::from_slice(body).expect("JSON");
        validator
            .iter_errors(&value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect()
    }
}

#[test]
fn the_schemas_are_strict_enough_to_judge() {
    if folder().is_none() {
        println!("skipped: ROUTER_SPECS not set");
        return;
    }
    let wrong = [
        (
            &CHAT,
            r#"{"model":"m","messages":[{"role":"user","content":"x"}],"p":1.0}"#,
        ),
        (
            &CHAT,
            r#"{"model":"m","messages":[{"role":"user","content":"x"}],"top_p":0.5}"#,
        ),
        (&EMBED, r#"{"model":"m","texts":["x"]}"#),
        (&RERANK, r#"{"model":"m","query":"x","documents":[{"text":"x"}]}"#),
        (&ERROR, r#"{"error":"x"}"#),
    ];
    for (schema, body) in wrong {
        assert!(!schema.errors(body.as_bytes()).is_empty(), "{body}");
    }
}
