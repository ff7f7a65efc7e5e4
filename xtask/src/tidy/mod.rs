//! `cargo xtask tidy`: rules of the house that no compiler checks.

mod kind;
mod manifest;
mod promises;
mod rooms;
mod text;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::totals::Totals;
use crate::{Arguments, Outcome, only_flags, workspace};
use kind::Kind;
use manifest::Manifest;

/// What is not ours to tidy.
const NOT_OURS: [&str; 6] = ["target", ".git", ".venv", "node_modules", "corpus", "artifacts"];

/// A file that breaks rules, and how.
struct Finding {
    file: String,
    problems: Vec<String>,
}

pub(crate) fn run(arguments: Arguments<'_>) -> Outcome {
    only_flags(arguments, &[])?;
    let mut totals = Totals::default();
    for finding in check(&workspace::root())? {
        for problem in &finding.problems {
            println!("{}: {problem}", finding.file);
        }
        totals += Totals::of_check(finding.problems.is_empty());
    }
    Ok(totals)
}

/// How many files of the workspace at `root` break a rule; each is told.
pub(crate) fn findings(root: &Path) -> Result<usize, String> {
    let mut broken = check(root)?;
    broken.retain(|finding| !finding.problems.is_empty());
    for finding in &broken {
        println!("{}: {}", finding.file, finding.problems.join("; "));
    }
    Ok(broken.len())
}

fn check(root: &Path) -> Result<Vec<Finding>, String> {
    let mut files = Vec::new();
    gather(root, &mut files)?;
    let shown = |path: &Path| path.strip_prefix(root).unwrap_or(path).display().to_string();

    let mut findings = Vec::new();
    let mut manifests = Vec::new();
    for path in &files {
        let file = shown(path);
        let mut problems = text::name(&file);
        // What is no text has no lines to look at.
        if let Ok(content) = fs::read_to_string(path) {
            problems.extend(text::content(&content));
            if file.ends_with(".rs") {
                problems.extend(text::source(&file, &content));
            }
            if let Some(folder) = file.strip_suffix("/Cargo.toml") {
                manifests.push(Manifest::new(folder, content));
            }
        }
        findings.push(Finding { file, problems });
    }
    manifests.retain(Manifest::is_member);
    let kinds: BTreeMap<&str, Kind> = manifests
        .iter()
        .filter_map(|manifest| Some((manifest.name(), manifest.kind()?)))
        .collect();
    for manifest in &manifests {
        let mut problems = manifest.problems(&kinds);
        problems.extend(rooms::problems(root, manifest));
        findings.push(Finding {
            file: manifest.folder().to_owned(),
            problems,
        });
    }
    findings.push(Finding {
        file: promises::PAGE.to_owned(),
        problems: promises::problems(root, &manifests),
    });
    Ok(findings)
}

/// All files of ours below a folder, sorted.
fn gather(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name();
        // In a work tree beside the first, `.git` is a file.
        if NOT_OURS.iter().any(|skipped| name == *skipped) {
            continue;
        }
        if path.is_dir() {
            gather(&path, files)?;
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(())
}
