//! What a crate's manifest says, takes from the workspace, and stands on.

use std::collections::BTreeMap;

use super::kind::Kind;

/// What every crate takes from the workspace.
const SHARED: [&str; 6] = [
    "version.workspace = true",
    "edition.workspace = true",
    "rust-version.workspace = true",
    "license.workspace = true",
    "repository.workspace = true",
    "[lints]\nworkspace = true",
];

/// What a published crate says of itself beside that.
const PUBLISHED: [&str; 5] = [
    "description = ",
    "readme = ",
    "exclude = ",
    "categories",
    "keywords",
];

/// The manifest of a crate.
pub(super) struct Manifest {
    folder: String,
    text: String,
}

/// One line of a table of dependencies.
struct Dependency<'a> {
    name: &'a str,
    line: &'a str,
    for_tests: bool,
}

impl Manifest {
    pub(super) fn new(folder: &str, text: String) -> Self {
        Self {
            folder: folder.to_owned(),
            text,
        }
    }

    /// The crate's folder, from the root of the workspace.
    pub(super) fn folder(&self) -> &str {
        &self.folder
    }

    /// The crate's name: by the rule of the house, that of its folder.
    pub(super) fn name(&self) -> &str {
        self.folder.rsplit('/').next().unwrap_or(&self.folder)
    }

    /// What the crate is; nothing where it lies in no folder that the house knows.
    pub(super) fn kind(&self) -> Option<Kind> {
        Kind::of_folder(&self.folder)
    }

    /// Fuzz targets are a workspace of their own, as cargo-fuzz wants it, and so is each contender of a benchmark.
    pub(super) fn is_member(&self) -> bool {
        !self.folder.starts_with("fuzz") && !self.folder.starts_with("xtask/bench/")
    }

    pub(super) fn is_published(&self) -> bool {
        !self.text.contains("publish = false")
    }

    /// What is wrong with it, given the kinds of all crates by name.
    pub(super) fn problems(&self, kinds: &BTreeMap<&str, Kind>) -> Vec<String> {
        let mut problems = Vec::new();
        let name = format!("name = \"{}\"", self.name());
        let mut wanted = vec![name.as_str()];
        wanted.extend(SHARED);
        if self.is_published() {
            wanted.extend(PUBLISHED);
        }
        for words in wanted {
            if !self.text.contains(words) {
                problems.push(format!("lacks `{}`", words.replace('\n', " ")));
            }
        }
        for dependency in self.dependencies() {
            if dependency.line.contains("version = \"") || dependency.line.contains(" = \"") {
                problems.push(format!("has a version of its own: {}", dependency.line));
            }
            // What tests stand on closes no circle of crates.
            if let (false, Some(kind), Some(used)) =
                (dependency.for_tests, self.kind(), kinds.get(dependency.name))
                && !kind.may_use().contains(used)
            {
                problems.push(format!("may not depend on {}", dependency.name));
            }
        }
        problems
    }

    fn dependencies(&self) -> Vec<Dependency<'_>> {
        let mut found = Vec::new();
        let mut table = None;
        for line in self.text.lines() {
            if line.starts_with('[') {
                table = line
                    .contains("dependencies")
                    .then(|| line.contains("dev-dependencies"));
            } else if let Some(for_tests) = table
                && !line.starts_with([' ', '#', ']', '}'])
                && let Some((name, _)) = line.split_once(['=', '.'])
            {
                found.push(Dependency {
                    name: name.trim(),
                    line,
                    for_tests,
                });
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(folder: &str, dependencies: &str) -> Vec<String> {
        let text = format!(
            "name = \"x\"\npublish = false\n{}\n{dependencies}",
            SHARED.join("\n")
        );
        let kinds = BTreeMap::from([("router-core", Kind::Core), ("router-y", Kind::Provider)]);
        Manifest::new(folder, text).problems(&kinds)
    }

    #[test]
    fn versions_stand_in_the_root() {
        let found = |line: &str| problems("crates/apps/x", &format!("[dependencies]\n{line}\n"));
        assert!(found("serde.workspace = true").is_empty());
        assert!(found("tokio = { workspace = true, features = [\n    \"rt\",\n] }").is_empty());
        assert_eq!(found("serde = \"1\"").len(), 1);
        assert_eq!(found("serde = { version = \"1\" }").len(), 1);
    }

    #[test]
    fn crates_stand_on_what_is_below() {
        let provider = |table: &str, name: &str| {
            problems(
                "crates/providers/x",
                &format!("[{table}]\n{name}.workspace = true\n"),
            )
        };
        assert!(provider("dependencies", "router-core").is_empty());
        assert_eq!(
            provider("dependencies", "router-y"),
            ["may not depend on router-y"]
        );
        assert!(provider("dev-dependencies", "router-y").is_empty());
    }

    #[test]
    fn a_published_crate_says_what_it_is() {
        let text = format!("name = \"x\"\n{}", SHARED.join("\n"));
        let found = Manifest::new("crates/apps/x", text).problems(&BTreeMap::new());
        assert_eq!(found.len(), PUBLISHED.len());
    }
}
