//! `completions` and help: every command is there, under its name.

use crate::binary::run;

#[test]
fn every_shell_completes_every_command() {
    for (shell, mark) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef llm-router"),
        ("fish", "complete -c llm-router"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion"),
    ] {
        let ran = run(&["completions", shell], &[]);
        assert!(ran.ok().contains(mark), "{shell}");
        for word in ["chat", "benchmark", "validate", "timeout"] {
            assert!(ran.stdout.contains(word), "{shell} {word}");
        }
        assert_eq!(ran.stderr, "");
    }
    let ran = run(&["completions", "cmd"], &[]);
    assert!(ran.code == 2 && ran.stderr.contains("fish"), "{ran:?}");
    assert_eq!(run(&["completions"], &[]).code, 2);
}

#[test]
fn every_command_has_help() {
    let help = run(&["--help"], &[]);
    let commands = help.ok().split("Commands:\n").nth(1).expect("commands");
    let names: Vec<&str> = commands
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(names.len() >= 12, "{names:?}");
    for name in names {
        let ran = run(&["help", name], &[]);
        assert!(ran.ok().contains("Usage: llm-router"), "{name}");
    }
}
