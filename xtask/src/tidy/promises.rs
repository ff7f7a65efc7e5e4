//! The page of promises names tests that are there.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::gather;
use super::manifest::Manifest;

/// The page, whose tables say in their last column which tests show a promise.
pub(super) const PAGE: &str = "docs/reliability.md";

/// Tests that the page names and that are in no crate it names them of.
pub(super) fn problems(root: &Path, manifests: &[Manifest]) -> Vec<String> {
    let mut sources: BTreeMap<&str, String> = BTreeMap::new();
    let mut problems = Vec::new();
    let page = fs::read_to_string(root.join(PAGE)).unwrap_or_default();
    for line in page.lines() {
        for (package, test) in named(line) {
            let Some(manifest) = manifests.iter().find(|manifest| manifest.name() == package) else {
                problems.push(format!(
                    "names a test of {package}, and there is no such crate: {test}"
                ));
                continue;
            };
            let source = sources
                .entry(manifest.name())
                .or_insert_with(|| source_of(&root.join(manifest.folder())));
            let name = test.rsplit("::").next().unwrap_or(test);
            if !source.contains(&format!("fn {name}(")) {
                problems.push(format!("names a test that {package} does not have: {test}"));
            }
        }
    }
    problems
}

/// The tests of a row, `crate` `module::test`, each with its crate.
fn named(line: &str) -> Vec<(&str, &str)> {
    let is_row = line.starts_with('|') && line.ends_with('|');
    let shown = line.rsplit('|').nth(1).filter(|_| is_row).unwrap_or_default();
    let mut package = "";
    let mut found = Vec::new();
    for word in shown.split('`').skip(1).step_by(2) {
        if word.contains("::") {
            found.push((package, word));
        } else if !word.contains([' ', '_', '=']) {
            package = word;
        }
    }
    found
}

fn source_of(folder: &Path) -> String {
    let mut files = Vec::new();
    // A folder that cannot be read has no tests.
    let _ = gather(folder, &mut files);
    files.retain(|file| file.extension().is_some_and(|extension| extension == "rs"));
    files
        .iter()
        .filter_map(|file| fs::read_to_string(file).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_name_tests_of_crates() {
        let row = "| it is `so` | `a-b` `m::one`, `m::n::two`, with `X=60`; each vendor: `case_one` of `c`; `d` `three::x` |";
        assert_eq!(
            named(row),
            [("a-b", "m::one"), ("a-b", "m::n::two"), ("d", "three::x")]
        );
        assert!(named("no row, `a` `b::c`").is_empty());
        assert!(named("| promise | shown by |").is_empty());
    }
}
