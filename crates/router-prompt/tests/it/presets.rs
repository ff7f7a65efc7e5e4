//! Presets: complete, sound, and as their snapshots show them. `ROUTER_BLESS=1` writes the snapshots.

use std::path::Path;

use router_prompt::{Library, ProblemKind, Vars};

const IDS: &[&str] = &[
    "summarize",
    "translate",
    "qa",
    "code_review",
    "explain_code",
    "rewrite",
    "grammar_fix",
    "extract",
    "classify",
    "sentiment",
    "title",
    "keywords",
    "reason",
    "meeting_minutes",
    "email",
    "sql",
    "commit_message",
    "test_cases",
    "role_play",
    "plan",
];

fn each(mut judge: impl FnMut(&Library, &str, &Vars)) {
    let library = Library::with_presets();
    for id in IDS {
        for id in [(*id).to_owned(), format!("zh/{id}")] {
            let template = library.get(&id).unwrap_or_else(|| panic!("no preset {id}"));
            judge(&library, &id, &template.front.example.clone().into());
        }
    }
}

#[test]
fn nothing_is_wrong_with_them() {
    let problems = Library::with_presets().check();
    assert!(problems.is_empty(), "{problems:?}");
}

#[test]
fn every_variable_is_documented_and_every_preset_described() {
    each(|library, id, _| {
        let front = &library.get(id).expect("a preset").front;
        assert!(!front.description.is_empty(), "{id}");
        for (name, variable) in &front.variables {
            assert!(!variable.description.is_empty(), "{id}: {name}");
        }
    });
}

#[test]
fn both_languages_have_the_same_variables() {
    let library = Library::with_presets();
    for id in IDS {
        let [english, chinese] = [(*id).to_owned(), format!("zh/{id}")].map(|id| {
            let variables = library.get(&id).expect("a preset").front.variables.clone();
            variables
                .into_iter()
                .map(|(name, variable)| (name, variable.kind, variable.is_required()))
                .collect::<Vec<_>>()
        });
        assert_eq!(english, chinese, "{id}");
    }
}

#[test]
fn a_missing_variable_fails() {
    each(|library, id, example| {
        let front = &library.get(id).expect("a preset").front;
        let required: Vec<&String> = front
            .variables
            .iter()
            .filter(|(_, variable)| variable.is_required())
            .map(|(name, _)| name)
            .collect();
        assert!(!required.is_empty(), "{id}");
        for name in required {
            let without: Vars = front
                .example
                .iter()
                .filter(|(key, _)| *key != name)
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            assert_ne!(&without, example, "{id}: the example has no {name}");
            let error = library.messages(id, &without).expect_err(id);
            assert_eq!(error.kind(), Some(ProblemKind::MissingValue), "{id}");
            assert!(error.to_string().contains(&format!("{name:?}")), "{error}");
        }
    });
}

#[test]
fn they_render_as_their_snapshots_show() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/snapshots");
    each(|library, id, example| {
        let prompt = library
            .prompt(id, example)
            .unwrap_or_else(|error| panic!("{error}"));
        let shown: Vec<String> = prompt
            .request
            .messages
            .iter()
            .map(|message| format!("--- {:?}\n{}\n", message.role, message.text()))
            .collect();
        let (shown, file) = (shown.concat(), folder.join(format!("{id}.txt")));
        if std::env::var_os("ROUTER_BLESS").is_some() {
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
            std::fs::write(&file, &shown).expect("a snapshot");
        }
        let expected =
            std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert_eq!(shown, expected, "{id}");
    });
}
