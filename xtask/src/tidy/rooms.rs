//! The rooms that every crate of a kind has, so that whoever knows one knows all.

use std::fs;
use std::path::Path;

use super::kind::Kind;
use super::manifest::Manifest;

/// What the umbrella says of each vendor: the file, and the words with the vendor's name in them.
const REGISTRY: [(&str, &str); 4] = [
    ("Cargo.toml", "path = \"crates/providers/router-{}\""),
    (
        "crates/llm-api-router/Cargo.toml",
        "\n{} = [\"client\", \"dep:router-{}\"]",
    ),
    ("crates/llm-api-router/Cargo.toml", "\n    \"{}\",\n"),
    ("crates/llm-api-router/src/providers.rs", "\n    \"{}\" => "),
];

pub(super) fn problems(root: &Path, manifest: &Manifest) -> Vec<String> {
    let folder = root.join(manifest.folder());
    let mut problems = Vec::new();
    let mut need = |room: &str| {
        if !folder.join(room).exists() {
            problems.push(format!("has no {room}"));
        }
    };
    if manifest.is_published() {
        need("README.md");
    }
    if manifest.kind() == Some(Kind::Provider) {
        need("tests/it/main.rs");
        // A vendor that does all as its family does has nothing of its own to show.
        if !read(&folder.join("tests/it/main.rs")).contains(".compatible()") {
            need("fixtures");
        }
        let vendor = manifest.name().trim_start_matches("router-");
        for (file, words) in REGISTRY {
            let words = words.replace("{}", vendor);
            if !read(&root.join(file)).contains(&words) {
                problems.push(format!("is not in {file}: no `{}`", words.trim()));
            }
        }
    }
    let front = folder.join("src/lib.rs");
    if front.exists() && !read(&front).starts_with("#![doc = include_str!(\"../README.md\")]") {
        problems.push("does not have its README as its documentation".to_owned());
    }
    if manifest.kind().is_none() {
        problems.push("lies where no kind of crate lies".to_owned());
    }
    // One integration binary per crate: each more is linked again.
    for entry in fs::read_dir(folder.join("tests")).into_iter().flatten().flatten() {
        // Scripts that drive vendors' SDKs are no tests of cargo's.
        if entry.file_name() != "it" && entry.file_name() != "clients" {
            problems.push(format!(
                "has tests outside of tests/it: {}",
                entry.file_name().display()
            ));
        }
    }
    problems
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}
