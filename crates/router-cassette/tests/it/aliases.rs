//! Two ways to say the same in a request, brought to one form. `docs/requests.md` lists them.

use serde_json::{Map, Value, json};

/// A request on its way to its normal form.
pub(crate) struct Body<'a> {
    endpoint: &'a str,
    path: &'a str,
    value: Value,
}

/// A way to say the same: its name on the page, and how it is undone.
type Alias = (&'static str, fn(&mut Body<'_>));

pub(crate) const ALIASES: &[Alias] = &[
    ("Absent", |body| without_nulls(&mut body.value)),
    ("The mode's default", |body| {
        let default = json!(body.path.ends_with("/api/chat"));
        body.fields()
            .retain(|name, value| name != "stream" || *value != default);
    }),
    ("Nothing in it", |body| {
        body.fields().retain(|name, value| match name.as_str() {
            "tools" | "documents" => *value != json!([]),
            "options" | "generationConfig" => *value != json!({}),
            "format" => *value != "",
            _ => true,
        });
        each(&mut body.value, &mut |object| {
            object.retain(|name, value| name != "annotations" || *value != json!([]));
        });
    }),
    ("One of a list", |body| {
        let embeds = body.endpoint == "embeddings";
        for (name, value) in body.fields() {
            if (name == "stop" || (name == "input" && embeds)) && value.is_string() {
                *value = json!([value]);
            }
        }
        body.messages(|message| {
            if let Some([part]) = message
                .get("content")
                .and_then(Value::as_array)
                .map(Vec::as_slice)
                && let Some(text) = part
                    .as_object()
                    .filter(|part| part.len() == 2)
                    .and_then(|part| part.get("text"))
            {
                let text = text.clone();
                message.insert("content".to_owned(), text);
            }
        });
    }),
    ("An address alone", |body| {
        each(&mut body.value, &mut |object| {
            if object.get("type").is_some_and(|kind| kind == "image_url")
                && let Some(url) = object.get_mut("image_url").filter(|url| url.is_string())
            {
                *url = json!({"url": url});
            }
        });
    }),
    ("Functions without a type", |body| {
        for tool in body.value["tools"].as_array_mut().into_iter().flatten() {
            if tool.get("function").is_some() && tool.get("type").is_none() {
                tool["type"] = json!("function");
            }
        }
    }),
    ("`any` and `required`", |body| {
        if body.value["tool_choice"] == "any" {
            body.value["tool_choice"] = json!("required");
        }
    }),
    ("Most tokens", |body| {
        if let Some(most) = body.fields().remove("max_completion_tokens") {
            body.value["max_tokens"] = most;
        }
    }),
    ("Most results", |body| {
        if body.endpoint == "rerank"
            && let Some(most) = body.fields().remove("top_k")
        {
            body.value["top_n"] = most;
        }
    }),
    ("Ollama: a message without text", |body| {
        if body.path.ends_with("/api/chat") {
            body.messages(|message| message.retain(|name, value| name != "content" || *value != ""));
        }
    }),
    ("Google: two forms of names", |body| {
        if body.is_google() {
            camel(&mut body.value);
        }
    }),
    ("Google: a request to be counted", |body| {
        if let Some(Value::Object(inner)) = body.fields().remove("generateContentRequest") {
            body.fields().extend(inner);
            body.fields().remove("model");
        }
        if body.endpoint == "count_tokens" && body.value["generationConfig"] == json!({}) {
            body.fields().remove("generationConfig");
        }
    }),
    ("Google: the address and the place say it", |body| {
        if body.is_google() {
            body.fields().remove("model");
            if let Some(system) = body.value["systemInstruction"].as_object_mut() {
                system.remove("role");
            }
        }
    }),
    ("Google: tools apart", |body| {
        if !body.is_google() {
            return;
        }
        let Some(tools) = body.value["tools"].as_array_mut() else {
            return;
        };
        let (mut functions, mut apart) = (Vec::new(), Vec::new());
        for tool in std::mem::take(tools)
            .into_iter()
            .filter_map(|mut tool| tool.as_object_mut().map(std::mem::take))
        {
            for (name, value) in tool {
                match value {
                    Value::Array(list) if name == "functionDeclarations" => functions.extend(list),
                    value => apart.push(json!({ name: value })),
                }
            }
        }
        apart.push(json!({"functionDeclarations": functions}));
        *tools = apart;
    }),
    ("Google: no thought", |body| {
        if body.is_google() {
            each(&mut body.value, &mut |object| {
                object.retain(|name, value| name != "thought" || *value != false);
            });
        }
    }),
    ("Google: a function without parameters", |body| {
        if body.is_google() {
            each(&mut body.value, &mut |object| {
                object
                    .retain(|name, value| name != "parametersJsonSchema" || value["properties"] != json!({}));
            });
        }
    }),
    ("Google: one text to embed", |body| {
        if body.is_google() && body.endpoint == "embeddings" {
            let one = body.value["requests"]
                .as_array()
                .filter(|all| all.len() == 1)
                .map(|all| all[0].clone());
            if let Some(one) = one {
                body.value = one;
            }
            body.fields().remove("model");
            each(&mut body.value, &mut |object| {
                object.retain(|name, value| name != "role" || *value != "user");
            });
        }
    }),
];

/// The request in the form that stands for all that say the same.
pub(crate) fn normal(endpoint: &str, path: &str, value: Value) -> Value {
    let mut body = Body {
        endpoint,
        path,
        value,
    };
    for (_, undo) in ALIASES {
        undo(&mut body);
    }
    body.value
}

impl Body<'_> {
    fn fields(&mut self) -> &mut Map<String, Value> {
        self.value.as_object_mut().expect("a request is an object")
    }

    fn messages(&mut self, mut visit: impl FnMut(&mut Map<String, Value>)) {
        let messages = self.value.get_mut("messages").and_then(Value::as_array_mut);
        messages
            .into_iter()
            .flatten()
            .filter_map(Value::as_object_mut)
            .for_each(&mut visit);
    }

    fn is_google(&self) -> bool {
        self.path.contains("/models/") && self.path.contains(':')
    }
}

fn each(value: &mut Value, visit: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            visit(object);
            object.values_mut().for_each(|value| each(value, visit));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| each(value, visit)),
        _ => {}
    }
}

fn without_nulls(value: &mut Value) {
    each(value, &mut |object| object.retain(|_, value| !value.is_null()));
}

/// Names of protocol buffers in the form with capitals; schemas and arguments have names of their own.
fn camel(value: &mut Value) {
    match value {
        Value::Object(object) => {
            *object = std::mem::take(object)
                .into_iter()
                .map(|(name, mut value)| {
                    let mut new = String::new();
                    for (at, word) in name.split('_').enumerate() {
                        let (first, rest) = word.split_at(word.len().min(1));
                        if at == 0 {
                            new.push_str(first)
                        } else {
                            new.push_str(&first.to_uppercase())
                        }
                        new.push_str(rest);
                    }
                    if !matches!(new.as_str(), "args" | "response" | "parameters") && !new.ends_with("Schema")
                    {
                        camel(&mut value);
                    }
                    (new, value)
                })
                .collect();
        }
        Value::Array(items) => items.iter_mut().for_each(camel),
        _ => {}
    }
}
