//! `cargo xtask tidy`: rules of the house that no compiler checks.

use std::fs;
use std::path::{Path, PathBuf};

use crate::totals::Totals;
use crate::{Arguments, Outcome, only_flags, workspace};

/// Folders that are not ours.
const NOT_OURS: [&str; 4] = ["target", ".git", "node_modules", "corpus"];

pub(crate) fn run(arguments: Arguments<'_>) -> Outcome {
    only_flags(arguments, &[])?;
    let root = workspace::root();
    let mut files = Vec::new();
    gather(&root, &mut files)?;
    let mut totals = Totals::default();
    for file in &files {
        let shown = file.strip_prefix(&root).unwrap_or(file).display().to_string();
        let Ok(text) = fs::read_to_string(file) else {
            continue;
        };
        let found = match file.extension().and_then(|extension| extension.to_str()) {
            Some("rs") => source(&text),
            Some("toml") if shown.ends_with("Cargo.toml") && shown != "Cargo.toml" => {
                manifest(&shown, &text, file)
            }
            _ => Vec::new(),
        };
        for problem in &found {
            println!("{shown}: {problem}");
        }
        totals += Totals::of_check(found.is_empty());
    }
    Ok(totals)
}

/// A source file says in its first sentence what happens in it, and names no place on one machine.
fn source(text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let first = text.lines().next().unwrap_or_default();
    if !first.starts_with("//! ") && !first.starts_with("#![doc = include_str!") {
        problems.push("does not begin with a `//!` sentence".to_owned());
    }
    // Spelt in pieces, so that this file passes.
    let stubs = [["todo", "!("].concat(), ["unimplemented", "!("].concat()];
    for stub in stubs {
        if text.contains(&stub) {
            problems.push(format!("has a `{stub}`"));
        }
    }
    let lines = text.lines().count();
    if lines > 1200 {
        problems.push(format!("has {lines} lines; a file holds one idea"));
    }
    problems
}

/// A crate takes versions and lints from the workspace, and a published one has a description and a README.
fn manifest(shown: &str, text: &str, file: &Path) -> Vec<String> {
    let mut problems = Vec::new();
    if shown.starts_with("fuzz") {
        return problems;
    }
    let mut need = |line: &str| {
        if !text.contains(line) {
            problems.push(format!("lacks `{line}`"));
        }
    };
    need("version.workspace = true");
    need("edition.workspace = true");
    need("[lints]\nworkspace = true");
    let published = !text.contains("publish = false");
    if published {
        need("description = ");
        if !file.with_file_name("README.md").exists() {
            problems.push("has no README.md beside it".to_owned());
        }
    }
    let mut dependencies = false;
    for line in text.lines() {
        if line.starts_with('[') {
            dependencies = line.contains("dependencies");
        } else if dependencies && (line.contains("version = \"") || line.contains(" = \"")) {
            problems.push(format!("has a version of its own: {line}"));
        }
    }
    problems
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() {
            if !NOT_OURS.iter().any(|skipped| name == *skipped) {
                gather(&path, files)?;
            }
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_begin_with_a_sentence() {
        assert!(source("//! Does a thing.\n").is_empty());
        assert_eq!(source("use std::fmt;\n").len(), 1);
    }
}
