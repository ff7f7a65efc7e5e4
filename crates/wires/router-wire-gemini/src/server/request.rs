//! A `generateContent` body to a chat.

use base64::Engine as _;
use router_core::chat::{
    ChatRequest, JsonSchemaFormat, ReasoningConfig, ReasoningEffort, ResponseFormat, Settings,
};
use router_core::content::{MediaSource, Opaque, Reasoning, Riders};
use router_core::message::Role;
use router_core::tool::FunctionTool;
use router_core::{
    Content, ContentPart, Extra, Json, Media, Message, Result, Signature, Text, ToolCall, ToolChoice,
    ToolDefinition, ToolResult,
};
use router_wire::object::{Object, invalid, is_string, list_of};
use router_wire::provenance::unseal;
use serde_json::value::RawValue;

use crate::WIRE;
use crate::parts::{NO_ID, noted};
use crate::stream::kind_of;

/// What stands in front of a signature of another vendor, behind its base64.
const SEALED: &[u8] = b"llm-router:";

/// The chat in a body. Names may be written in camelCase or with underscores.
pub(super) fn chat(mut body: Object<'_>) -> Result<ChatRequest> {
    let mut chat = ChatRequest::default();
    if let Some(raw) = body.take_any(&["systemInstruction", "system_instruction"]) {
        chat.messages.push(system(raw)?);
    }
    contents(&mut body, &mut chat)?;
    for (place, raw) in body.list("tools")?.into_iter().enumerate() {
        tools(raw, place, &mut chat.tools)?;
    }
    if let Some(raw) = body.take_any(&["toolConfig", "tool_config"]) {
        chat.tool_choice = Some(tool_choice(raw)?);
    }
    if let Some(raw) = body.take_any(&["generationConfig", "generation_config"]) {
        config(Object::of(raw, "generationConfig")?, &mut chat)?;
    }
    chat.settings.service_tier = body.text("serviceTier")?;
    chat.settings.store = body.read("store")?;
    chat.extra = body.rest(WIRE);
    Ok(chat)
}

fn system(raw: &RawValue) -> Result<Message> {
    if is_string(raw) {
        return Ok(Message::system(read::<Text>(raw, "systemInstruction")?));
    }
    let mut fields = Object::of(raw, "systemInstruction")?;
    let mut texts = Vec::new();
    for raw in fields.list("parts")? {
        texts.push(
            Object::of(raw, "systemInstruction.parts")?
                .text("text")?
                .unwrap_or_default(),
        );
    }
    let mut message = match texts.len() {
        1 => Message::system(texts.remove(0)),
        _ => Message::new(
            Role::System,
            Content::from(texts.into_iter().map(ContentPart::text).collect::<Vec<_>>()),
        ),
    };
    message.extra = fields.rest(WIRE);
    Ok(message)
}

fn read<'a, T: serde::Deserialize<'a>>(raw: &'a RawValue, path: &str) -> Result<T> {
    serde_json::from_str(raw.get()).map_err(|error| invalid(path, &error.to_string()))
}

fn contents(body: &mut Object<'_>, chat: &mut ChatRequest) -> Result<()> {
    let Some(raw) = body.take("contents") else {
        return Err(invalid("contents", "is required"));
    };
    let rows = if raw.get().starts_with('{') {
        vec![raw]
    } else {
        list_of(raw).ok_or_else(|| invalid("contents", "must be an array"))?
    };
    if rows.is_empty() {
        return Err(invalid("contents", "at least one content is required"));
    }
    // Calls that no result has answered yet, by tool.
    let mut open: Vec<(Text, Text)> = Vec::new();
    for (place, raw) in rows.into_iter().enumerate() {
        let mut fields = Object::of(raw, format!("contents[{place}]"))?;
        let role = fields.text("role")?;
        let model = match role.as_deref() {
            Some("model") => true,
            Some("user" | "function") | None => false,
            Some(_) => return Err(invalid(&fields.path_of("role"), "must be user or model")),
        };
        let path = fields.path_of("parts");
        let mut parts = Vec::new();
        for (at, raw) in fields.list("parts")?.into_iter().enumerate() {
            let fields = Object::of(raw, format!("{path}[{at}]"))?;
            let found = part(fields, raw, place, at, &mut open)?;
            parts.push(found);
        }
        push(chat, model, parts, fields.rest(WIRE));
    }
    Ok(())
}

/// A content as messages: results of tools are a message of their own.
fn push(chat: &mut ChatRequest, model: bool, parts: Vec<ContentPart>, extra: Extra) {
    let mut runs: Vec<(Role, Vec<ContentPart>)> = Vec::new();
    for part in parts {
        let role = match &part {
            ContentPart::ToolResult(_) => Role::Tool,
            _ if model => Role::Assistant,
            _ => Role::User,
        };
        match runs.last_mut() {
            Some((last, run)) if *last == role => run.push(part),
            _ => runs.push((role, vec![part])),
        }
    }
    if runs.is_empty() {
        runs.push((if model { Role::Assistant } else { Role::User }, Vec::new()));
    }
    for (place, (role, run)) in runs.into_iter().enumerate() {
        let plain = match run.as_slice() {
            [ContentPart::Text(part)] if part.riders.is_empty() => Some(part.text.clone()),
            _ => None,
        };
        let mut message = Message::new(role, plain.map_or_else(|| Content::from(run), Content::Text));
        if place == 0 {
            message.extra = extra.clone();
        }
        chat.messages.push(message);
    }
}

fn part(
    mut fields: Object<'_>,
    raw: &RawValue,
    place: usize,
    at: usize,
    open: &mut Vec<(Text, Text)>,
) -> Result<ContentPart> {
    let signature = match fields.take_any(&["thoughtSignature", "thought_signature"]) {
        Some(raw) => Some(unsealed(&read::<Text>(raw, &fields.path_of("thoughtSignature"))?)),
        None => None,
    };
    let thought = fields.read::<bool>("thought")?.unwrap_or(false);
    let mut found = if let Some(text) = fields.text("text")? {
        if thought {
            ContentPart::Reasoning(Reasoning::new(text))
        } else {
            ContentPart::text(text)
        }
    } else if let Some(raw) = fields.take_any(&["inlineData", "inline_data"]) {
        ContentPart::Media(inline(Object::of(raw, fields.path_of("inlineData"))?)?)
    } else if let Some(raw) = fields.take_any(&["fileData", "file_data"]) {
        ContentPart::Media(file(Object::of(raw, fields.path_of("fileData"))?)?)
    } else if let Some(raw) = fields.take_any(&["functionCall", "function_call"]) {
        let call = called(Object::of(raw, fields.path_of("functionCall"))?, place, at)?;
        open.push((call.name.clone(), call.id.clone()));
        let made_up = !call.riders.is_empty();
        let mut part = ContentPart::ToolCall(call);
        if let (Some(riders), true) = (part.riders_mut(), signature.is_some() || made_up) {
            riders.set_signature(signature);
        }
        return Ok(part);
    } else if let Some(raw) = fields.take_any(&["functionResponse", "function_response"]) {
        let path = fields.path_of("functionResponse");
        return Ok(ContentPart::ToolResult(answered(Object::of(raw, path)?, open)?));
    } else {
        return Ok(ContentPart::Opaque(Opaque::new(WIRE, Json::from_raw(raw))));
    };
    let mut extra = fields.rest(WIRE);
    if thought && signature.is_none() {
        // Kept, so that a thought of this wire without a signature goes back to it.
        extra.insert(
            Text::from_static(WIRE),
            Text::from_static("~thought"),
            Json::null(),
        );
    }
    if let Some(riders) = found.riders_mut() {
        if signature.is_some() {
            riders.set_signature(signature);
        }
        if !extra.is_empty() {
            riders.set_extra(extra);
        }
    }
    Ok(found)
}

/// A signature as this wire carries it: bytes in base64. Those of other vendors have their maker's name inside.
fn unsealed(data: &Text) -> Signature {
    let engine = base64::engine::general_purpose::STANDARD;
    let inner = engine
        .decode(data.as_str())
        .ok()
        .filter(|bytes| bytes.starts_with(SEALED));
    match inner.and_then(|bytes| String::from_utf8(bytes).ok()) {
        Some(sealed) => unseal(&Text::from(sealed), WIRE),
        None => Signature::new(WIRE, data),
    }
}

fn inline(mut fields: Object<'_>) -> Result<Media> {
    let path = fields.path_of("data");
    let mime = match fields.take_any(&["mimeType", "mime_type"]) {
        Some(raw) => read::<Text>(raw, "mimeType")?,
        None => return Err(invalid(&fields.path_of("mimeType"), "is required")),
    };
    let data = fields.required_text("data")?;
    // Clients of this wire may write base64 for addresses.
    let standard = if data.contains(['-', '_']) {
        Text::from(data.replace('-', "+").replace('_', "/"))
    } else {
        data
    };
    let mut media = Media::base64(kind_of(&mime), mime, standard);
    if media.decode().is_none() {
        return Err(invalid(&path, "is not valid base64"));
    }
    media.name = fields.text("displayName")?;
    Ok(media)
}

fn file(mut fields: Object<'_>) -> Result<Media> {
    let mime = match fields.take_any(&["mimeType", "mime_type"]) {
        Some(raw) => Some(read::<Text>(raw, "mimeType")?),
        None => None,
    };
    let uri = match fields.take_any(&["fileUri", "file_uri"]) {
        Some(raw) => read::<Text>(raw, "fileUri")?,
        None => return Err(invalid(&fields.path_of("fileUri"), "is required")),
    };
    let uploaded = !uri.starts_with("http") || uri.contains("generativelanguage.googleapis.com");
    let source = if uploaded {
        MediaSource::File(uri)
    } else {
        MediaSource::Url(uri)
    };
    let kind = kind_of(mime.as_deref().unwrap_or("image/"));
    let mut media = Media::new(kind, source);
    media.media_type = mime;
    Ok(media)
}

fn called(mut fields: Object<'_>, place: usize, at: usize) -> Result<ToolCall> {
    let id = fields.text("id")?.filter(|id| !id.is_empty());
    let name = fields.required_text("name")?;
    let arguments = fields
        .take("args")
        .map_or(Text::from_static("{}"), |raw| Text::from(raw.get()));
    let made_up = id.is_none();
    let id = id.unwrap_or_else(|| Text::from(format!("call_{place}_{at}")));
    let mut call = ToolCall::new(id, name, arguments);
    if made_up {
        call.riders = Riders::new().with_extra(noted(&[NO_ID]));
    }
    Ok(call)
}

/// A result, linked to its call by id, or by the tool's name where there is none.
fn answered(mut fields: Object<'_>, open: &mut Vec<(Text, Text)>) -> Result<ToolResult> {
    let path = fields.path_of("name");
    let name = fields.required_text("name")?;
    let id = fields.text("id")?.filter(|id| !id.is_empty());
    let found = open.iter().position(|(tool, call)| match &id {
        Some(id) => call == id,
        None => *tool == name,
    });
    let Some(found) = found else {
        return Err(invalid(
            &path,
            "a function response must follow a call of that function",
        ));
    };
    let (_, call) = open.remove(found);
    let response = fields.take("response").map(RawValue::get).unwrap_or("{}");
    let (text, is_error) = outcome(response);
    let media = fields
        .list("parts")?
        .into_iter()
        .filter_map(|raw| {
            Object::of(raw, "parts")
                .ok()?
                .take_any(&["inlineData", "inline_data"])
        })
        .map(|raw| Object::of(raw, "parts").and_then(inline).map(ContentPart::Media));
    let media = media.collect::<Result<Vec<_>>>()?;
    let content = if media.is_empty() {
        Content::Text(text)
    } else {
        let mut parts = vec![ContentPart::text(text)];
        parts.extend(media);
        Content::from(parts)
    };
    let mut result = ToolResult::new(call, content).with_name(name);
    result.is_error = is_error;
    if id.is_none() {
        result.riders = Riders::new().with_extra(noted(&[NO_ID]));
    }
    Ok(result)
}

/// A response that is one text under `output` or `error` is that text; any other is its JSON.
fn outcome(response: &str) -> (Text, bool) {
    let mut only = serde_json::from_str::<Object<'_>>(response).unwrap_or_default();
    for (name, is_error) in [("output", false), ("error", true)] {
        let text = only
            .peek(name)
            .filter(|raw| is_string(raw))
            .and_then(|raw| serde_json::from_str::<Text>(raw.get()).ok());
        if let Some(text) = text {
            only.take(name);
            if only.is_empty() {
                return (text, is_error);
            }
        }
    }
    (Text::from(response), false)
}

fn tools(raw: &RawValue, place: usize, found: &mut Vec<ToolDefinition>) -> Result<()> {
    let mut fields = Object::of(raw, format!("tools[{place}]"))?;
    if let Some(list) = fields.take_any(&["functionDeclarations", "function_declarations"]) {
        let path = fields.path_of("functionDeclarations");
        let rows = list_of(list).ok_or_else(|| invalid(&path, "must be an array"))?;
        for (at, raw) in rows.into_iter().enumerate() {
            found.push(function(Object::of(raw, format!("{path}[{at}]"))?)?);
        }
    }
    // The vendor's own tools may stand in the same object: one each.
    for (name, raw) in fields.into_fields() {
        let own = std::collections::BTreeMap::from([(name.as_str(), raw)]);
        found.push(ToolDefinition::Provider(Opaque::new(WIRE, Json::of(&own)?)));
    }
    Ok(())
}

fn function(mut fields: Object<'_>) -> Result<ToolDefinition> {
    let mut tool = FunctionTool::new(fields.required_text("name")?);
    tool.description = fields.text("description")?;
    let json_schema = fields.take_any(&["parametersJsonSchema", "parameters_json_schema"]);
    let own_schema = fields.take("parameters");
    tool.parameters = json_schema.or(own_schema).map(Json::from_raw);
    tool.extra = fields.rest(WIRE);
    if own_schema.is_some() && json_schema.is_none() {
        tool.extra.insert(
            Text::from_static(WIRE),
            Text::from_static("~parameters"),
            Json::null(),
        );
    }
    Ok(ToolDefinition::Function(tool))
}

fn tool_choice(raw: &RawValue) -> Result<ToolChoice> {
    let mut fields = Object::of(raw, "toolConfig")?;
    let opaque = || ToolChoice::Opaque(Opaque::new(WIRE, Json::from_raw(raw)));
    let Some(calling) = fields.take_any(&["functionCallingConfig", "function_calling_config"]) else {
        return Ok(opaque());
    };
    if !fields.is_empty() {
        return Ok(opaque());
    }
    let mut calling = Object::of(calling, "toolConfig.functionCallingConfig")?;
    let mode = calling.text("mode")?.unwrap_or_default();
    let names = match calling.take_any(&["allowedFunctionNames", "allowed_function_names"]) {
        Some(raw) => read::<Vec<Text>>(raw, "toolConfig.functionCallingConfig.allowedFunctionNames")?,
        None => Vec::new(),
    };
    Ok(match (mode.to_uppercase().as_str(), names.as_slice()) {
        ("AUTO" | "", []) => ToolChoice::Auto,
        ("NONE", []) => ToolChoice::None,
        ("ANY", []) => ToolChoice::Required,
        ("ANY", [name]) => ToolChoice::Tool(name.clone()),
        _ => opaque(),
    })
}

fn config(mut fields: Object<'_>, chat: &mut ChatRequest) -> Result<()> {
    let settings: &mut Settings = &mut chat.settings;
    settings.temperature = fields.read("temperature")?;
    settings.top_p = fields.read("topP")?;
    // Some clients write it as a fraction.
    settings.top_k = fields.read::<f64>("topK")?.map(|number| number as u64);
    settings.max_output_tokens = fields.read("maxOutputTokens")?;
    settings.stop_sequences = fields.read("stopSequences")?.unwrap_or_default();
    settings.n = fields.read("candidateCount")?;
    settings.seed = fields.read("seed")?;
    settings.presence_penalty = fields.read("presencePenalty")?;
    settings.frequency_penalty = fields.read("frequencyPenalty")?;
    settings.logprobs = fields.read("responseLogprobs")?;
    settings.top_logprobs = fields.read("logprobs")?;
    let modalities: Vec<Text> = fields.read("responseModalities")?.unwrap_or_default();
    settings.modalities = modalities
        .into_iter()
        .map(|word| Text::from(word.to_lowercase()))
        .collect();
    if let Some(raw) = fields.take_any(&["thinkingConfig", "thinking_config"]) {
        settings.reasoning = Some(thinking(raw)?);
    }
    format(&mut fields, chat)?;
    let rest: Vec<(String, &RawValue)> = fields
        .into_fields()
        .filter(|(_, raw)| raw.get() != "null")
        .collect();
    if !rest.is_empty() {
        let rest: std::collections::BTreeMap<&str, &RawValue> =
            rest.iter().map(|(name, raw)| (name.as_str(), *raw)).collect();
        let own = std::collections::BTreeMap::from([("generationConfig", rest)]);
        chat.provider_options.set(WIRE, &own)?;
    }
    Ok(())
}

fn format<'a>(fields: &mut Object<'a>, chat: &mut ChatRequest) -> Result<()> {
    let mime = fields
        .peek("responseMimeType")
        .map(|raw| read::<Text>(raw, "responseMimeType"))
        .transpose()?;
    let json_schema = fields.take_any(&["responseJsonSchema", "response_json_schema"]);
    let own_schema = fields.take_any(&["responseSchema", "response_schema"]);
    if mime.as_deref() != Some("application/json") {
        // A list of words to choose from, plain text: the wire's own.
        if let Some(raw) = own_schema {
            fields.put_back("responseSchema", raw);
        }
        return Ok(());
    }
    fields.take("responseMimeType");
    chat.response_format = Some(match json_schema.or(own_schema) {
        None => ResponseFormat::Json,
        Some(raw) => {
            let mut format = JsonSchemaFormat::new("response", Json::from_raw(raw));
            format.strict = None;
            if json_schema.is_none() {
                format.extra.insert(
                    Text::from_static(WIRE),
                    Text::from_static("~responseSchema"),
                    Json::null(),
                );
            }
            ResponseFormat::JsonSchema(format)
        }
    });
    Ok(())
}

fn thinking(raw: &RawValue) -> Result<ReasoningConfig> {
    let mut fields = Object::of(raw, "generationConfig.thinkingConfig")?;
    let mut config = ReasoningConfig::default();
    config.include_thoughts = fields.read("includeThoughts")?;
    if let Some(level) = fields.text("thinkingLevel")? {
        config.effort = Some(ReasoningEffort::parse(&level));
    }
    match fields.read::<i64>("thinkingBudget")? {
        // As much as the model likes.
        Some(..0) | None => {}
        Some(0) => config.effort = Some(ReasoningEffort::None),
        Some(tokens) => config.budget_tokens = Some(tokens.unsigned_abs()),
    }
    config.extra = Extra::of(
        Text::from_static(WIRE),
        vec![(Text::from_static("~thinkingConfig"), Json::from_raw(raw))],
    );
    Ok(config)
}
