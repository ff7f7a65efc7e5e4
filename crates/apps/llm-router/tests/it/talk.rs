//! Conversations of the command line: what is remembered, what its commands do, and what ends what.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::binary::{Server, run, run_with, running};
use crate::config::File;

#[test]
fn what_was_said_is_remembered_until_it_is_cleared() {
    let lines = "My name is Ann.\n\nWhat is my name?\n/clear\nWhat is my name?\n";
    let ran = run_with(&["chat", "--interactive", "-m", "sim-model"], &[], lines);
    let answers: Vec<&str> = ran.ok().lines().collect();
    assert_eq!(answers.len(), 3, "{ran:?}");
    assert!(
        answers[1].contains("Ann") && !answers[2].contains("Ann"),
        "{ran:?}"
    );
    assert_eq!(ran.stderr, "");
}

#[test]
fn commands_change_model_and_instructions_and_save() {
    let json = File::new("talk.JSON", "");
    let markdown = File::new("talk.md", "");
    let lines = format!(
        "/model\n/model sim-alt\n/model\n/system Be brief.\nReply with exactly: pong\n/save {}\n/save {}\n/help\n/quit\nunread\n",
        json.path(),
        markdown.path()
    );
    let ran = run_with(&["chat", "--interactive", "-m", "sim-model"], &[], &lines);
    assert!(ran.ok().starts_with("sim-model\nsim-alt\npong\n/help"), "{ran:?}");
    assert!(
        ran.stdout.contains("/save FILE") && !ran.stdout.contains("unread"),
        "{ran:?}"
    );
    let saved = std::fs::read_to_string(json.path()).expect("a file");
    let saved: Value = serde_json::from_str(&saved).expect("JSON");
    let messages = saved
        .as_array()
        .or_else(|| saved["messages"].as_array())
        .expect("messages");
    let said: Vec<_> = messages
        .iter()
        .map(|message| (message["role"].as_str(), message["content"].as_str()))
        .collect();
    let expected = [
        (Some("system"), Some("Be brief.")),
        (Some("user"), Some("Reply with exactly: pong")),
        (Some("assistant"), Some("pong")),
    ];
    assert_eq!(said, expected, "{saved}");
    let saved = std::fs::read_to_string(markdown.path()).expect("a file");
    assert!(saved.contains("Be brief.") && saved.contains("pong"), "{saved}");
}

/// One clear line each, and the conversation goes on.
#[test]
fn what_goes_wrong_ends_nothing() {
    let lines = "/nonsense\n/model nobody/gpt\n/save\n/save /no/such/folder/a.md\n/model sim-fault-503\nhello\n\
                 /model sim-fault-cut3\nCount from 1 to 9\n/model sim-model\nReply with exactly: pong\n";
    let ran = run_with(&["chat", "--interactive", "-m", "sim-model"], &[], lines);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.stdout.ends_with("\npong\n"),
        "what came before a break stays: {ran:?}"
    );
    let errors: Vec<&str> = ran.stderr.lines().collect();
    for (error, word) in errors.iter().zip([
        "/nonsense",
        "nobody/gpt",
        "file",
        "/no/such/folder/a.md",
        "503",
        "sim-fault-cut3",
    ]) {
        assert!(
            error.starts_with("error: ") && error.contains(word),
            "{word}: {ran:?}"
        );
    }
    assert_eq!(errors.len(), 6, "{ran:?}");
}

#[test]
fn sessions_are_gone_on_with() {
    let folder = std::env::temp_dir().join(format!("llm-router-{}-talk", std::process::id()));
    let folder_path = folder.to_str().expect("UTF-8");
    let arguments = [
        "chat",
        "--interactive",
        "-m",
        "sim-model",
        "--session",
        "a",
        "--sessions",
        folder_path,
    ];
    run_with(&arguments, &[], "My name is Ann.\n").ok();
    let ran = run_with(&arguments, &[], "What is my name?\n/clear\n");
    assert!(ran.ok().contains("Ann"), "{ran:?}");
    assert!(ran.stderr.contains("--session"), "{ran:?}");
    std::fs::remove_dir_all(folder).expect("a folder");
}

#[test]
fn wrong_use() {
    for arguments in [
        &["chat", "--interactive", "Hello?"][..],
        &["chat", "--interactive", "--json"],
        &["chat", "--interactive", "-m", "nobody/model"],
    ] {
        assert_eq!(run(arguments, &[]).code, 2);
    }
}

/// Ctrl-C while an answer comes ends the answer; what was read of it was said. Ctrl-C in between ends nothing.
#[test]
#[cfg(unix)]
fn ctrl_c_ends_the_answer_and_not_the_program() {
    let sim = Server::start("sim", &[], &[]);
    let environment = [("OPENAI_API_KEY", "k"), ("OPENAI_BASE_URL", &*sim.base())];
    let mut child = running(
        &["chat", "--interactive", "-m", "openai/sim-fault-stall3"],
        &environment,
    );
    let mut say = child.stdin.take().expect("a pipe");
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut err = BufReader::new(child.stderr.take().expect("a pipe"));
    let process = child.id().to_string();
    let interrupt = || {
        let status = Command::new("kill").args(["-INT", &process]).status();
        assert!(status.expect("kill").success());
    };
    say.write_all(b"Count from 1 to 9\n").expect("a line");
    let mut some = [0; 3];
    out.read_exact(&mut some).expect("the beginning of an answer");
    assert_eq!(&some, b"1 2");
    interrupt();
    let mut line = String::new();
    err.read_line(&mut line).expect("a line");
    assert_eq!(line, "stopped\n");
    interrupt();
    line.clear();
    while !line.contains("Ctrl-D") {
        line.clear();
        assert_ne!(err.read_line(&mut line).expect("a line"), 0, "it ended");
    }
    say.write_all(b"/model openai/sim-model\nReply with exactly: pong\n/save /dev/stdout\n")
        .expect("lines");
    drop(say);
    let mut rest = String::new();
    out.read_to_string(&mut rest).expect("text");
    assert!(rest.contains("pong"), "{rest}");
    assert!(rest.contains("1 2"), "the half of an answer was said: {rest}");
    assert!(child.wait().expect("an end").success());
}

/// At a terminal a conversation begins without a word, and Ctrl-D ends it.
#[test]
#[cfg(target_os = "linux")]
fn a_terminal_begins_a_conversation() {
    let typed = format!("{} chat -m sim-model", env!("CARGO_BIN_EXE_llm-router"));
    let started = Command::new("script")
        .args(["-qec", &typed, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut child) = started else {
        println!("skipped: no `script` to make a terminal with");
        return;
    };
    let mut say = child.stdin.take().expect("a pipe");
    say.write_all(b"Reply with exactly: pong\n\x04").expect("a line");
    let mut text = String::new();
    let mut out = child.stdout.take().expect("a pipe");
    out.read_to_string(&mut text).expect("text");
    drop(say);
    assert!(text.contains("> pong"), "{text}");
    assert!(text.contains("/help lists"), "{text}");
    assert!(child.wait().expect("an end").success());
}
