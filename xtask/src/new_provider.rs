//! `cargo xtask new-provider NAME --compatible`: the crate of a vendor of OpenAI's family, and its lines in the umbrella.

use std::fs;
use std::path::Path;

use crate::totals::Totals;
use crate::{Arguments, Outcome, workspace};

/// Files of a crate, and what they begin as.
const ROOMS: [(&str, &str); 5] = [
    (
        "Cargo.toml",
        include_str!("../templates/compatible/Cargo.toml.txt"),
    ),
    ("README.md", include_str!("../templates/compatible/README.md.txt")),
    ("src/lib.rs", include_str!("../templates/compatible/lib.rs.txt")),
    (
        "tests/it/differences.rs",
        include_str!("../templates/compatible/differences.rs.txt"),
    ),
    (
        "tests/it/main.rs",
        include_str!("../templates/compatible/main.rs.txt"),
    ),
];

pub(crate) fn run(arguments: Arguments<'_>) -> Outcome {
    let mut words = arguments.iter();
    let (mut name, mut title, mut root) = (None, None, workspace::root());
    let mut compatible = false;
    while let Some(word) = words.next() {
        match word.as_str() {
            "--compatible" => compatible = true,
            "--title" => title = Some(words.next().ok_or("--title needs the vendor's name")?.clone()),
            // Where a test makes one.
            "--root" => root = words.next().ok_or("--root needs a folder")?.into(),
            flag if flag.starts_with('-') => return Err(format!("unknown argument `{flag}`")),
            given if name.is_none() => name = Some(given.to_owned()),
            more => return Err(format!("one name at a time; what is `{more}`?")),
        }
    }
    let name = name.ok_or("new-provider needs a name, such as `acme`")?;
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()) {
        return Err(format!(
            "`{name}` is no provider's id: small letters and digits only"
        ));
    }
    if !compatible {
        return Err(
            "only vendors of OpenAI's family begin as a template: add --compatible. For a wire of its own, \
             docs/adding-a-provider.md names the crate to copy."
                .to_owned(),
        );
    }
    let title = title.unwrap_or_else(|| capitalized(&name));
    scaffold(&root, &Names { name, title })?;
    Ok(Totals::of_check(true))
}

/// What a vendor is called.
struct Names {
    /// The provider's id.
    name: String,
    /// For people.
    title: String,
}

impl Names {
    fn fill(&self, template: &str) -> String {
        template
            .replace("{name}", &self.name)
            .replace("{NAME}", &self.name.to_uppercase())
            .replace("{Type}", &capitalized(&self.name))
            .replace("{title}", &self.title)
            .replace("{address}", &format!("https://api.{}.example/v1", self.name))
            .replace("{reference}", &format!("https://docs.{}.example", self.name))
            .replace("{model}", &format!("{}-model", self.name))
    }
}

fn capitalized(name: &str) -> String {
    let mut chars = name.chars();
    chars
        .next()
        .map(|first| first.to_ascii_uppercase().to_string() + chars.as_str())
        .unwrap_or_default()
}

fn scaffold(root: &Path, names: &Names) -> Result<(), String> {
    let name = &names.name;
    let folder = root.join("crates/providers").join(format!("router-{name}"));
    if folder.exists() {
        return Err(format!("{} is there already", folder.display()));
    }
    for (file, template) in ROOMS {
        write(&folder.join(file), &names.fill(template))?;
        println!("crates/providers/router-{name}/{file}");
    }
    for line in umbrella(names) {
        insert(&root.join(line.file), &line)?;
        println!("{}: {}", line.file, line.text.trim());
    }
    println!(
        "\nNow the vendor: address, variables and differences in src/lib.rs, its README, and what it answers in fixtures/.\n\
         Then: cargo test -p router-{name} && cargo xtask tidy"
    );
    Ok(())
}

/// A line that goes among its like, which are sorted.
struct Line {
    file: &'static str,
    /// What the line stands behind.
    after: &'static str,
    /// How the lines among which it stands begin.
    like: &'static str,
    text: String,
}

/// The vendor's lines outside of its crate.
fn umbrella(names: &Names) -> [Line; 5] {
    let Names { name, .. } = names;
    let codec = capitalized(name);
    let manifest = "crates/llm-api-router/Cargo.toml";
    [
        Line {
            file: "Cargo.toml",
            after: "# Vendors.\n",
            like: "router-",
            text: format!(
                "router-{name} = {{ version = \"0.1.0\", path = \"crates/providers/router-{name}\", default-features = false }}\n"
            ),
        },
        Line {
            file: manifest,
            after: "providers = [\n",
            like: "    \"",
            text: format!("    \"{name}\",\n"),
        },
        Line {
            file: manifest,
            after: "# Vendors.\n",
            like: "",
            text: format!("{name} = [\"client\", \"dep:router-{name}\"]\n"),
        },
        Line {
            file: manifest,
            after: "[dependencies]\n",
            like: "router-",
            text: format!(
                "router-{name} = {{ workspace = true, optional = true, features = [\"client\"] }}\n"
            ),
        },
        Line {
            file: "crates/llm-api-router/src/providers.rs",
            after: "// The others, by name.\n",
            like: "    \"",
            text: format!(
                "    \"{name}\" => router_{name} as {name}, Entry::of::<{name}::{codec}Codec>();\n"
            ),
        },
    ]
}

/// Puts a line among those that follow its heading.
fn insert(path: &Path, line: &Line) -> Result<(), String> {
    let text = read(path)?;
    let missing = || format!("{}: there is no `{}`", path.display(), line.after.trim());
    let start = text.find(line.after).ok_or_else(missing)? + line.after.len();
    let mut at = start;
    for known in text[start..].split_inclusive('\n') {
        if known.trim().is_empty() || !known.starts_with(line.like) || known > line.text.as_str() {
            break;
        }
        at += known.len();
    }
    write(path, &format!("{}{}{}", &text[..at], line.text, &text[at..]))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| format!("{}: {error}", path.display()))
}
