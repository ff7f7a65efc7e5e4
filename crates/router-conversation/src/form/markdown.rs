//! A conversation for people to read, and from what they wrote.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::iter::{Enumerate, Peekable};
use std::str::Lines;

use router_core::content::ContentPart;
use router_core::{Content, Message, Result, Role, ToolCall, ToolResult};

use super::bad;

/// The headings of messages.
const HEADINGS: [(&str, Role); 4] = [
    ("## System", Role::System),
    ("## User", Role::User),
    ("## Assistant", Role::Assistant),
    ("## Tool", Role::Tool),
];
const CALLS: &str = "Calls `";
const RESULT: &str = "Result:";

/// Messages as Markdown: a heading for each, calls and results as code. A line of a text that looks like one of these has a
/// backslash in front.
#[must_use]
pub fn to_markdown(messages: &[Message]) -> String {
    let mut out = String::new();
    for message in messages {
        let heading = HEADINGS.iter().find(|(_, role)| *role == message.role);
        let _ = write!(
            out,
            "{}\n\n",
            heading.map_or("## Assistant", |(heading, _)| heading)
        );
        for part in message.content.to_parts() {
            let _ = match &part {
                ContentPart::Text(part) => said(&mut out, &part.text),
                ContentPart::Refusal(part) => said(&mut out, &part.text),
                ContentPart::Reasoning(part) if !part.text.is_empty() => {
                    let quoted: Vec<String> = part.text.lines().map(|line| format!("> {line}")).collect();
                    write!(out, "{}\n\n", quoted.join("\n"))
                }
                ContentPart::ToolCall(call) => fenced(
                    &mut out,
                    &format!("Calls `{}`:", call.name),
                    "json",
                    &call.arguments,
                ),
                ContentPart::ToolResult(result) => {
                    fenced(&mut out, "Result:", "", &result.content.joined_text())
                }
                ContentPart::Media(media) => write!(out, "*[{:?}]*\n\n", media.kind),
                ContentPart::ServerToolCall(call) => {
                    write!(out, "*[{} was run by the vendor]*\n\n", call.name)
                }
                _ => Ok(()),
            };
        }
    }
    out
}

/// Messages from Markdown as [`to_markdown`] writes it, or a person: texts, calls and results. Calls have ids of their own; what stands for
/// thoughts and media is read as the text that it is.
///
/// # Errors
/// [`ErrorKind::Decode`](router_core::ErrorKind::Decode) naming the line: words in front of the first heading, a fence without an end, a
/// result without a call.
pub fn from_markdown(text: &str) -> Result<Vec<Message>> {
    let mut messages: Vec<Message> = Vec::new();
    let mut reading: Option<(Role, Vec<ContentPart>)> = None;
    let mut words = String::new();
    let (mut calls, mut waiting) = (0, VecDeque::new());
    let mut lines = text.lines().enumerate().peekable();
    while let Some((at, line)) = lines.next() {
        if let Some((_, role)) = HEADINGS.iter().find(|(heading, _)| *heading == line.trim_end()) {
            messages.extend(done(reading.replace((*role, Vec::new())), &mut words));
            continue;
        }
        let Some((_, parts)) = &mut reading else {
            if line.trim().is_empty() {
                continue;
            }
            return Err(bad(format!("line {}: no heading of a message above it", at + 1)));
        };
        if let Some(name) = line.strip_prefix(CALLS).and_then(|rest| rest.strip_suffix("`:")) {
            take(&mut words, parts);
            calls += 1;
            let id = format!("call-{calls}");
            parts.push(ToolCall::new(id.clone(), name, code(&mut lines, at)?).into());
            waiting.push_back(id);
        } else if line == RESULT {
            take(&mut words, parts);
            let id = waiting.pop_front();
            let id = id.ok_or_else(|| bad(format!("line {}: a result without a call", at + 1)))?;
            parts.push(ToolResult::new(id, code(&mut lines, at)?).into());
        } else {
            let line = line
                .strip_prefix('\\')
                .filter(|rest| is_mark(rest))
                .unwrap_or(line);
            words.push_str(line);
            words.push('\n');
        }
    }
    messages.extend(done(reading, &mut words));
    Ok(messages)
}

/// A message whose lines were all read; none where there were none.
fn done(read: Option<(Role, Vec<ContentPart>)>, words: &mut String) -> Option<Message> {
    let (role, mut parts) = read?;
    take(words, &mut parts);
    let content = match &parts[..] {
        [] => return None,
        [ContentPart::Text(part)] => Content::Text(part.text.clone()),
        _ => Content::from(parts),
    };
    Some(Message::new(role, content))
}

/// The words so far as a part.
fn take(words: &mut String, parts: &mut Vec<ContentPart>) {
    let text = std::mem::take(words);
    let text = text.trim_matches('\n');
    if !text.is_empty() {
        parts.push(ContentPart::text(text));
    }
}

/// The code behind a title.
fn code(lines: &mut Peekable<Enumerate<Lines<'_>>>, title: usize) -> Result<String> {
    while lines.next_if(|(_, line)| line.trim().is_empty()).is_some() {}
    let open = lines.next_if(|(_, line)| line.starts_with("```"));
    let (_, open) = open.ok_or_else(|| bad(format!("line {}: no code behind it", title + 1)))?;
    let fence: String = open.chars().take_while(|letter| *letter == '`').collect();
    let mut code: Vec<&str> = Vec::new();
    for (_, line) in lines {
        if line == fence {
            return Ok(code.join("\n"));
        }
        code.push(line);
    }
    Err(bad(format!("line {}: its code has no end", title + 1)))
}

/// A text, with a backslash in front of lines that would be read as something else.
fn said(out: &mut String, text: &str) -> std::fmt::Result {
    for line in text.split('\n') {
        let mark = if is_mark(line) { "\\" } else { "" };
        writeln!(out, "{mark}{line}")?;
    }
    writeln!(out)
}

/// Whether a line means something, whatever backslashes stand in front.
fn is_mark(line: &str) -> bool {
    let line = line.trim_start_matches('\\');
    line.starts_with(CALLS)
        || line == RESULT
        || HEADINGS.iter().any(|(heading, _)| *heading == line.trim_end())
}

/// Code behind a fence that is longer than any in it.
fn fenced(out: &mut String, title: &str, language: &str, code: &str) -> std::fmt::Result {
    let mut ticks = 3;
    while code.contains(&"`".repeat(ticks)) {
        ticks += 1;
    }
    let fence = "`".repeat(ticks);
    write!(out, "{title}\n\n{fence}{language}\n{code}\n{fence}\n\n")
}
