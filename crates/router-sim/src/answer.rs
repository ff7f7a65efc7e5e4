//! What the simulated model answers to a chat.

use router_core::chat::{
    ChatRequest, ChatResponse, Choice, FinishReason, ReasoningEffort, ResponseFormat, Usage,
};
use router_core::content::Reasoning;
use router_core::tool::tool_calls;
use router_core::{ContentPart, ModelId, Result, Text};
use serde_json::{Map, Value};

use crate::clues::{Clues, quotes};
use crate::conversation::{Conversation, describe, invalid, result_text};
use crate::instance::instance;
use crate::prompted;
use crate::signature::{fnv, sign};
use crate::tokens;
use crate::tools;

/// When every answer was made: 2026-01-01, since answers are the same every time.
pub(crate) const CREATED: i64 = 1_767_225_600;

/// What the model thinks when it is asked to.
const THOUGHT: &str = "The request is clear, so the answer can be given at once.";

/// Most numbers that are counted.
const MOST_COUNTED: i64 = 200_000;

/// Answers a chat.
pub(crate) fn answer(model: &ModelId, request: &ChatRequest) -> Result<ChatResponse> {
    let conversation = Conversation::new(request);
    conversation.check()?;
    let count = request.settings.n.unwrap_or(1);
    if !(1..=128).contains(&count) {
        return Err(invalid(format!("n: expected 1 to 128, got {count}")));
    }
    if request.settings.max_output_tokens == Some(0) {
        return Err(invalid("max_tokens: expected at least 1, got 0"));
    }
    let choice = one(&conversation);
    let (output, reasoning) = used(&choice.content);
    let prompt = tokens::count_prompt(request);
    let mut usage = Usage::new(prompt, output * u64::from(count));
    usage.cache_read_input_tokens = Some(tokens::cached(prompt));
    usage.reasoning_output_tokens = Some(reasoning * u64::from(count));
    let mut response = ChatResponse::default();
    let words = request.messages.iter().map(|message| message.text().to_string());
    let hash = fnv(format!("{model}:{}", words.collect::<String>()).as_bytes());
    response.id = Some(Text::from(format!("sim-{hash:016x}")));
    response.model = Some(model.text().clone());
    response.created = Some(CREATED);
    response.choices = (0..count)
        .map(|index| {
            let mut choice = choice.clone();
            choice.index = index;
            choice
        })
        .collect();
    response.usage = Some(usage);
    Ok(response)
}

fn one(conversation: &Conversation<'_>) -> Choice {
    let request = conversation.request;
    let mut content = Vec::new();
    if thinks(request) {
        content.push(Reasoning::new(THOUGHT).with_signature(sign(THOUGHT)).into());
    }
    let calls = tools::calls(conversation);
    let mut reason = FinishReason::ToolCalls;
    let mut stopped_by = None;
    if calls.is_empty() {
        let mut text = words(conversation);
        stopped_by = stop(&mut text, &request.settings.stop_sequences);
        reason = FinishReason::Stop;
        if !text.is_empty() {
            content.push(ContentPart::text(text));
        }
    } else {
        content.extend(calls.into_iter().map(ContentPart::ToolCall));
    }
    if request
        .settings
        .max_output_tokens
        .is_some_and(|most| shorten(&mut content, most))
    {
        reason = FinishReason::Length;
        stopped_by = None;
    }
    let mut choice = Choice::new(0, content, reason);
    choice.stop_sequence = stopped_by;
    choice
}

fn thinks(request: &ChatRequest) -> bool {
    request
        .settings
        .reasoning
        .as_ref()
        .is_some_and(|reasoning| match &reasoning.effort {
            Some(effort) => *effort != ReasoningEffort::None,
            None => {
                reasoning.budget_tokens.is_some_and(|budget| budget > 0)
                    || reasoning.include_thoughts == Some(true)
            }
        })
}

/// The answer in words.
fn words(conversation: &Conversation<'_>) -> String {
    match &conversation.request.response_format {
        Some(ResponseFormat::JsonSchema(format)) => {
            let schema = format
                .schema
                .as_ref()
                .map_or(Value::Null, |schema| schema.to_value());
            let mut clues = Clues::new(&conversation.text);
            return instance(&schema, &mut clues).to_string();
        }
        Some(ResponseFormat::Json) => {
            return prompted(conversation).unwrap_or_else(|| json_object(conversation));
        }
        _ => {}
    }
    if let Some(answer) = prompted(conversation) {
        return answer;
    }
    let results = conversation.results();
    if !results.is_empty() {
        let results: Vec<String> = results.into_iter().map(result_text).collect();
        return format!("The tool returned: {}", results.join("; "));
    }
    let text = conversation.text.as_str();
    let attachments = conversation.attachments();
    exact(text)
        .map(str::to_owned)
        .or_else(|| counted(text))
        .or_else(|| name(conversation))
        .or_else(|| {
            let seen: Vec<String> = attachments.into_iter().map(describe).collect();
            let returned = conversation.results_with_attachments();
            if !returned.is_empty() {
                let all: Vec<String> = returned.into_iter().map(result_text).chain(seen).collect();
                return Some(format!("The tool returned: {}", all.join("; ")));
            }
            (!seen.is_empty()).then(|| format!("The message holds {}.", seen.join("; ")))
        })
        .unwrap_or_else(|| sentence(text))
}

/// An instance of the schema that the instructions or the last message ask for in words.
fn prompted(conversation: &Conversation<'_>) -> Option<String> {
    let system = conversation.instructions();
    let (schema, text) = match prompted::schema(&system) {
        Some((schema, _)) => (schema, conversation.text.to_string()),
        None => prompted::schema(&conversation.text)?,
    };
    Some(instance(&schema, &mut Clues::new(&text)).to_string())
}

/// A JSON object with the quoted words of the conversation as keys.
fn json_object(conversation: &Conversation<'_>) -> String {
    let all = conversation.all_text();
    let mut object = Map::new();
    for key in quotes(&all) {
        object.insert(key.to_owned(), Value::from(format!("example {key}")));
    }
    if object.is_empty() {
        object.insert("answer".to_owned(), Value::from(sentence(&conversation.text)));
    }
    Value::Object(object).to_string()
}

/// What stands after `Reply with exactly:`.
fn exact(text: &str) -> Option<&str> {
    let lower = text.to_ascii_lowercase();
    for (at, _) in lower.match_indices(':') {
        let mut words = lower[..at].split_whitespace().rev();
        if !matches!(words.next(), Some("exactly" | "only" | "just")) {
            continue;
        }
        let verb = match words.next() {
            Some("with") => words.next(),
            verb => verb,
        };
        let verb = verb.map(|verb| verb.trim_start_matches(|start: char| !start.is_alphanumeric()));
        if matches!(verb, Some("reply" | "respond" | "answer" | "say")) {
            let rest = &text[at + 1..];
            return Some(rest.strip_prefix(' ').unwrap_or(rest));
        }
    }
    None
}

/// The numbers of `Count from A to B`.
fn counted(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let rest = &lower[lower.find("count from ")? + "count from ".len()..];
    let mut words = rest.split_whitespace();
    let number = |word: &str| {
        word.trim_end_matches(|end: char| !end.is_ascii_digit())
            .parse::<i64>()
            .ok()
    };
    let from = number(words.next()?)?;
    if words.next()? != "to" {
        return None;
    }
    let to = number(words.next()?)?;
    let distance = from.abs_diff(to).min(MOST_COUNTED as u64) as i64;
    let step = if to < from { -1 } else { 1 };
    let numbers: Vec<String> = (0..=distance)
        .map(|done| from.saturating_add(done * step).to_string())
        .collect();
    Some(numbers.join(" "))
}

/// The answer to `What is my name?`.
fn name(conversation: &Conversation<'_>) -> Option<String> {
    if !conversation.text.to_lowercase().contains("what is my name") {
        return None;
    }
    let named = conversation.earlier_texts().find_map(|text| {
        let lower = text.to_lowercase();
        let at = lower.find("my name is ")? + "my name is ".len();
        let name: String = text
            .get(at..)?
            .chars()
            .take_while(|character| !matches!(character, '.' | ',' | '!' | '?' | ';' | '\n'))
            .collect();
        Some(name.trim().to_owned()).filter(|name| !name.is_empty())
    });
    Some(named.map_or_else(
        || "You have not told me your name.".to_owned(),
        |name| format!("Your name is {name}."),
    ))
}

/// An answer to anything else.
fn sentence(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.len() {
        0 => "I am a simulated model, and the message is empty.".to_owned(),
        count => format!(
            "I am a simulated model, and I read {count} {}, from {:?} on.",
            if count == 1 { "word" } else { "words" },
            words[0].chars().take(24).collect::<String>(),
        ),
    }
}

/// Cuts before the first stop sequence, and tells which it was.
fn stop(text: &mut String, stops: &[Text]) -> Option<Text> {
    let (at, stop) = stops
        .iter()
        .filter(|stop| !stop.is_empty())
        .filter_map(|stop| Some((text.find(stop.as_str())?, stop)))
        .min_by_key(|(at, _)| *at)?;
    text.truncate(at);
    Some(stop.clone())
}

/// Cuts an answer to `most` tokens; whether there was something to cut.
fn shorten(content: &mut Vec<ContentPart>, most: u64) -> bool {
    let mut left = most as usize;
    let mut kept = 0;
    let mut cut = false;
    for part in content.iter_mut() {
        let whole = left;
        let (size, shorter) = match part {
            ContentPart::Text(part) => {
                let tokens = tokens::tokens(&part.text);
                (
                    tokens.len(),
                    tokens.iter().take(whole).copied().collect::<String>(),
                )
            }
            ContentPart::Reasoning(part) => {
                let tokens = tokens::tokens(&part.text);
                (tokens.len(), tokens.iter().take(whole).copied().collect())
            }
            ContentPart::ToolCall(call) => {
                let size = 1 + tokens::count_arguments(&call.arguments) as usize;
                let chars = whole.saturating_sub(1) * tokens::ARGUMENT_CHARS;
                (size, call.arguments.chars().take(chars).collect())
            }
            _ => (1, String::new()),
        };
        if left == 0 {
            cut = true;
            break;
        }
        kept += 1;
        if size > left {
            cut = true;
            match part {
                ContentPart::Text(part) => part.text = Text::from(shorter),
                ContentPart::Reasoning(part) => {
                    *part = Reasoning::new(shorter.clone()).with_signature(sign(&shorter));
                }
                ContentPart::ToolCall(call) => call.arguments = Text::from(shorter),
                _ => {}
            }
            break;
        }
        left -= size;
    }
    content.truncate(kept);
    cut
}

/// Tokens of an answer: all, and those of its reasoning.
fn used(content: &[ContentPart]) -> (u64, u64) {
    let mut all = 0;
    let mut reasoning = 0;
    for part in content {
        match part {
            ContentPart::Text(part) => all += tokens::count(&part.text),
            ContentPart::Reasoning(part) => reasoning += tokens::count(&part.text),
            _ => {}
        }
    }
    let calls: u64 = tool_calls(content)
        .map(|call| 1 + tokens::count_arguments(&call.arguments))
        .sum();
    (all + calls + reasoning, reasoning)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(request: ChatRequest) -> (String, FinishReason) {
        let response = answer(&ModelId::from("sim-model"), &request).unwrap();
        (
            response.text().to_string(),
            response.choices[0].finish_reason.clone(),
        )
    }

    #[test]
    fn follows_instructions() {
        for (question, expected) in [
            (
                "Reply with exactly: 你好 😀 naïve — tab\tend",
                "你好 😀 naïve — tab\tend",
            ),
            ("Please respond with just: a: b", "a: b"),
            ("Say only: yes", "yes"),
            ("Count from 1 to 5", "1 2 3 4 5"),
            ("count from 3 to 1.", "3 2 1"),
        ] {
            assert_eq!(text(ChatRequest::user(question)).0, expected);
        }
        assert!(!text(ChatRequest::user("Hello")).0.is_empty());
    }

    #[test]
    fn cuts_at_limits_and_stops() {
        let request = ChatRequest::user("Count from 1 to 9");
        assert_eq!(
            text(request.clone().with_max_output_tokens(3)),
            ("1 2 3".to_owned(), FinishReason::Length)
        );
        assert_eq!(
            text(request.clone().with_max_output_tokens(9)).1,
            FinishReason::Stop
        );
        assert_eq!(
            text(request.with_stop_sequences(["9", "5"])),
            ("1 2 3 4 ".to_owned(), FinishReason::Stop)
        );
    }
}
