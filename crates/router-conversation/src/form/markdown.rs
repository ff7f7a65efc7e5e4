//! A conversation for people to read.

use std::fmt::Write as _;

use router_core::content::ContentPart;
use router_core::{Message, Role};

/// Messages as Markdown: a heading for each, calls and results as code.
#[must_use]
pub fn to_markdown(messages: &[Message]) -> String {
    let mut out = String::new();
    for message in messages {
        let role = match message.role {
            Role::System => "System",
            Role::User => "User",
            Role::Tool => "Tool",
            _ => "Assistant",
        };
        let _ = write!(out, "## {role}\n\n");
        for part in message.content.to_parts() {
            let _ = match &part {
                ContentPart::Text(part) => write!(out, "{}\n\n", part.text),
                ContentPart::Refusal(part) => write!(out, "{}\n\n", part.text),
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

/// Code behind a fence that is longer than any in it.
fn fenced(out: &mut String, title: &str, language: &str, code: &str) -> std::fmt::Result {
    let mut ticks = 3;
    while code.contains(&"`".repeat(ticks)) {
        ticks += 1;
    }
    let fence = "`".repeat(ticks);
    write!(out, "{title}\n\n{fence}{language}\n{code}\n{fence}\n\n")
}
