//! Names of documents: the vendor takes few characters in them, and each only once.

use router_core::content::MediaKind;
use router_core::{ChatRequest, ContentPart, Media, Result, Text, Warning};
use router_wire::warnings::Warnings;

/// Most characters of a name.
const LONGEST: usize = 200;

/// The names of all documents of a request, in their order.
pub(super) fn names(request: &ChatRequest, warnings: &mut Warnings) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for message in &request.messages {
        collect(message.content.parts(), &mut names, warnings)?;
    }
    Ok(names)
}

fn collect(parts: &[ContentPart], names: &mut Vec<String>, warnings: &mut Warnings) -> Result<()> {
    for part in parts {
        match part {
            ContentPart::Media(media) if media.kind == MediaKind::Document => {
                let name = unique(clean(media), names);
                let stem = media.name.as_deref().map(stem);
                if stem.is_some_and(|stem| stem != name) {
                    warnings.add(Warning::changed(
                        Text::from_static("messages.document.name"),
                        Text::from(format!("Bedrock takes plain names, each once: sent as {name:?}")),
                    ))?;
                }
                names.push(name);
            }
            ContentPart::ToolResult(result) => collect(result.content.parts(), names, warnings)?,
            _ => {}
        }
    }
    Ok(())
}

/// A file's name without its end, which the format tells.
fn stem(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, end)) if !stem.is_empty() && !end.is_empty() && end.len() <= 5 => stem,
        _ => name,
    }
}

/// The name in the characters that the vendor takes: letters, digits, single spaces, hyphens, parentheses and brackets.
fn clean(media: &Media) -> String {
    let mut name = String::new();
    for letter in media.name.as_deref().map(stem).unwrap_or_default().chars() {
        let taken = letter.is_ascii_alphanumeric() || matches!(letter, '-' | '(' | ')' | '[' | ']');
        let letter = match letter {
            _ if taken => letter,
            letter if letter.is_whitespace() => ' ',
            _ => '-',
        };
        if !(letter == ' ' && name.ends_with(' ')) && name.len() < LONGEST - 4 {
            name.push(letter);
        }
    }
    let trimmed = name.trim();
    if trimmed.is_empty() {
        "document".to_owned()
    } else {
        trimmed.to_owned()
    }
}

fn unique(name: String, taken: &[String]) -> String {
    let mut candidate = name.clone();
    let mut count = 2;
    while taken.contains(&candidate) {
        candidate = format!("{name}-{count}");
        count += 1;
    }
    candidate
}

#[cfg(test)]
mod tests {
    use router_core::{ChatRequest, Media, Message};
    use router_wire::warnings::Warnings;

    use super::{MediaKind, names};

    fn of(files: &[&str]) -> (Vec<String>, usize) {
        let document = |name: &&str| {
            Media::bytes(MediaKind::Document, "application/pdf", b"x")
                .with_name(*name)
                .into()
        };
        let request = ChatRequest::new(vec![Message::user(
            files.iter().map(document).collect::<Vec<_>>(),
        )]);
        let mut warnings = Warnings::new(false);
        let names = names(&request, &mut warnings).expect("names");
        (names, warnings.into_list().len())
    }

    #[test]
    fn names_are_plain_and_unique() {
        assert_eq!(
            of(&["Annual report (2025).pdf"]),
            (vec!["Annual report (2025)".to_owned()], 0)
        );
        assert_eq!(of(&["a_b.v2.pdf"]), (vec!["a-b-v2".to_owned()], 1));
        assert_eq!(of(&["a.pdf", "a.csv", "a"]).0, ["a", "a-2", "a-3"]);
        assert_eq!(of(&["  ß  "]).0, ["-"]);
        assert_eq!(of(&[""]).0, ["document"]);
    }
}
