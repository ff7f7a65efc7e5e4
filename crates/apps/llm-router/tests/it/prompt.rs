//! `prompt`, and `chat --prompt`: templates from the presets and from folders.

use crate::binary::run;

#[test]
fn presets_are_listed_and_shown() {
    let ran = run(&["prompt", "list"], &[]);
    assert!(
        ran.ok()
            .contains("\nsummarize\t[focus] [sentences] text\tShortens a text"),
        "{}",
        ran.stdout
    );
    assert!(ran.ok().contains("\nzh/summarize\t"), "{}", ran.stdout);
    let ran = run(&["prompt", "show", "translate"], &[]);
    assert!(
        ran.ok().contains("to: string. The language to translate to\n"),
        "{}",
        ran.stdout
    );
    assert!(ran.ok().contains("{{#user}}"), "{}", ran.stdout);
    assert_eq!(run(&["prompt", "check"], &[]).ok(), "no problems\n");
}

#[test]
fn templates_render_with_values() {
    let arguments = [
        "prompt",
        "render",
        "classify",
        "--var",
        "text=Hi {{labels}}",
        "--var",
        "labels=[\"a\",\"b\"]",
    ];
    let ran = run(&arguments, &[]);
    assert!(
        ran.ok().ends_with("Labels: a, b\n[user]\nHi {{labels}}\n"),
        "{}",
        ran.stdout
    );
    let json = [&arguments[..], &["--json"]].concat();
    assert!(run(&json, &[]).ok().contains("\"temperature\": 0.0"));
}

#[test]
fn what_is_wrong_is_one_line_and_exit_code_2() {
    for (arguments, says) in [
        (&["render", "summarize"][..], "variable \"text\" has no value"),
        (&["render", "summarize", "--var", "text"], "write NAME=VALUE"),
        (
            &["render", "summarize", "--var", "text=a", "--var", "sentences=few"],
            "\"few\" is no integer",
        ),
        (
            &["render", "summarize", "--var", "text=a", "--var", "lenght=1"],
            "no variable \"lenght\"",
        ),
        (&["show", "sumarize"], "there is no prompt \"sumarize\""),
        (&["list", "--prompts", "/no/such/folder"], "/no/such/folder"),
    ] {
        let ran = run(&[&["prompt"], arguments].concat(), &[]);
        assert!(ran.error().contains(says), "{ran:?}");
        assert_eq!(ran.code, 2, "{ran:?}");
    }
}

#[test]
fn a_chat_may_begin_with_a_template() {
    let folder = std::env::temp_dir().join(format!("llm-router-prompts-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let source =
        "+++\nmodel = \"sim/sim-model\"\n[variables.to]\ntype = \"integer\"\n+++\nCount from 1 to {{to}}";
    std::fs::write(folder.join("count.prompt"), source).expect("a file");
    let prompts = folder.to_string_lossy();
    let ran = run(
        &[
            "chat",
            "--prompts",
            &prompts,
            "--prompt",
            "count",
            "--var",
            "to=3",
        ],
        &[],
    );
    assert_eq!(ran.ok(), "1 2 3\n");
    assert_eq!(ran.stderr, "", "the template names the model");
    std::fs::remove_dir_all(&folder).expect("the folder is ours");

    let ran = run(&["chat", "--prompt", "grammar_fix", "some", "words"], &[]);
    assert!(!ran.ok().is_empty());
    let ran = run(&["chat", "--prompt", "sql", "some", "words"], &[]);
    assert!(ran.error().contains("has no variable \"text\""), "{ran:?}");
}
