//! What a file may be called, how it begins, and what may not stand in it.

/// Ends of names of what editors, patches and tests leave behind.
const LEFT_BEHIND: [&str; 7] = [".orig", ".rej", ".bak", ".swp", "~", ".snap.new", ".DS_Store"];

/// The most lines of a source file. Most ideas need 400; beyond this, a second one is certain.
const MOST_LINES: usize = 1250;

/// Places that exist on one machine only.
const PLACES: [&str; 4] = ["work", "tmp", "root", "home"];

/// What measures time and never asks what time it is, so that a clock which is set back or forward is no matter.
const MEASURES: [&str; 6] = [
    "crates/layers/router-balance/src/",
    "crates/layers/router-cache/src/",
    "crates/layers/router-ratelimit/src/",
    "crates/layers/router-retry/src/",
    "crates/router-core/src/",
    "crates/router-redis/src/",
];

pub(super) fn name(file: &str) -> Vec<String> {
    let left = LEFT_BEHIND.iter().find(|end| file.ends_with(*end));
    left.map(|end| format!("is left behind (`{end}`)"))
        .into_iter()
        .collect()
}

/// Any text names no place on one machine, and ends with its last line.
pub(super) fn content(text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if let Some(place) = PLACES.iter().find(|place| names(line, place)) {
            problems.push(format!("line {} names a place below `/{place}`", number + 1));
        }
        if line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ") {
            problems.push(format!("line {} is a conflict", number + 1));
        }
    }
    if text.trim().is_empty() {
        problems.push("is empty".to_owned());
    }
    problems
}

/// Whether a line has an absolute path below a folder of the root: `/place/`, with nothing of a path or address before it.
fn names(line: &str, place: &str) -> bool {
    let path = format!("/{place}/");
    line.match_indices(&path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|before| !before.is_alphanumeric() && !"/.-_}>~*$".contains(before))
    })
}

/// A source file says in one sentence what happens in it. The front page of a crate is its README.
pub(super) fn source(file: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if MEASURES.iter().any(|folder| file.starts_with(folder)) && text.contains("SystemTime") {
        problems.push("asks what time it is: time is measured with `Instant` here".to_owned());
    }
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let is_readme = first.starts_with("#![doc = include_str!(");
    let is_sentence = first.starts_with("//! ") && (first.ends_with('.') || first.ends_with(':'));
    if !is_readme && !is_sentence {
        problems.push("does not begin with one `//!` sentence".to_owned());
    }
    let count = text.lines().count();
    if count > MOST_LINES {
        problems.push(format!("has {count} lines: more than one idea"));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_begin_with_a_sentence() {
        let problems = |text: &str| source("crates/router-http/src/lib.rs", text).len();
        assert_eq!(problems("//! Does a thing.\nuse std::fmt;\n"), 0);
        assert_eq!(problems("#![doc = include_str!(\"../README.md\")]\n"), 0);
        assert_eq!(problems("use std::fmt;\n"), 1);
        assert_eq!(problems("//! Words without an end\n"), 1);
        assert_eq!(problems(&format!("//! Long.\n{}", "\n".repeat(MOST_LINES))), 1);
    }

    #[test]
    fn layers_do_not_ask_what_time_it_is() {
        let asks = "//! Asks.\nuse std::time::SystemTime;\n";
        let problems = |file: &str| source(file, asks).len();
        assert_eq!(problems("crates/layers/router-retry/src/retry/provider.rs"), 1);
        assert_eq!(problems("crates/layers/router-retry/tests/it/main.rs"), 0);
        assert_eq!(problems("crates/router-http/src/provider.rs"), 0);
    }

    #[test]
    fn places_on_one_machine_are_found() {
        // Put together here, so that this file passes.
        let place = |before: &str| content(&format!("{before}/{}/x\n", "tmp")).len();
        assert_eq!(place("see "), 1);
        assert_eq!(place("\""), 1);
        assert_eq!(place("https://example.com"), 0);
        assert_eq!(place("../target"), 0);
    }

    #[test]
    fn what_is_left_behind_is_found() {
        assert_eq!(name("src/lib.rs.orig").len(), 1);
        assert!(name("src/lib.rs").is_empty());
        assert_eq!(content(" \n"), ["is empty"]);
    }
}
