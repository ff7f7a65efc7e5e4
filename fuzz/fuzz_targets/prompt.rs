//! Templates from any source, and any value in a sound template: a value comes out as it went in, and opens no message.
#![no_main]

use std::sync::LazyLock;

use router_prompt::{Library, Vars};

const SOUND: &str =
    "+++\n[variables.text]\n+++\n{{#system}}Rules.{{/system}}{{#user}}[{{text}}|{{{text}}}]{{/user}}";

/// Compiled once: what is fuzzed are values and the other template.
static LIBRARY: LazyLock<Library> = LazyLock::new(|| {
    let mut library = Library::new();
    library.add("sound", SOUND).expect("a template");
    library
});

libfuzzer_sys::fuzz_target!(|input: &str| {
    let mut library = LIBRARY.clone();
    let messages = library.messages("sound", &Vars::new().with("text", input)).expect("messages");
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[1].text(), format!("[{input}|{input}]"));
    if library.add("any", input).is_ok() {
        let _ = library.check();
        let _ = library.messages("any", &Vars::new());
    }
});
