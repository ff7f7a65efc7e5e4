//! The binary, started with arguments and an environment of its own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStderr, Command, Stdio};

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: i32,
}

impl Ran {
    /// The one line that says what went wrong, without `error: `.
    pub(crate) fn error(&self) -> &str {
        let mut errors = self
            .stderr
            .lines()
            .filter_map(|line| line.strip_prefix("error: "));
        let error = errors.next().unwrap_or_else(|| panic!("no error in {self:?}"));
        assert_eq!(errors.next(), None, "more than one error");
        assert_eq!(
            self.stderr.lines().last().map(|line| line.len()),
            Some(error.len() + "error: ".len()),
            "the error is not the last line of {self:?}"
        );
        assert_ne!(self.code, 0, "{self:?}");
        error
    }

    /// Asserts that all went well, and gives what was printed.
    pub(crate) fn ok(&self) -> &str {
        assert_eq!(self.code, 0, "{self:?}");
        &self.stdout
    }
}

fn command(arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_llm-router"));
    // Keys and addresses of whoever runs the tests are none of theirs.
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .args(arguments)
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs the binary to its end, with nothing on its input.
pub(crate) fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
    run_with(arguments, environment, "")
}

/// Runs the binary to its end.
pub(crate) fn run_with(arguments: &[&str], environment: &[(&str, &str)], input: &str) -> Ran {
    let mut child = command(arguments, environment).spawn().expect("the binary");
    let mut stdin = child.stdin.take().expect("a pipe");
    // A run that does not read its input may be over already.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("an end");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Ran {
        stdout: text(output.stdout),
        stderr: text(output.stderr),
        code: output.status.code().expect("an exit code"),
    }
}

/// The binary, running, with pipes to it.
pub(crate) fn running(arguments: &[&str], environment: &[(&str, &str)]) -> Child {
    command(arguments, environment).spawn().expect("the binary")
}

/// A server that the binary runs; stopped when dropped.
pub(crate) struct Server {
    child: Child,
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
}

impl Server {
    /// `sim` or `serve` at a free port.
    pub(crate) fn start(kind: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let all: Vec<&str> = [kind, "--listen", "127.0.0.1:0"]
            .into_iter()
            .chain(arguments.iter().copied())
            .collect();
        let mut child = command(&all, environment).spawn().expect("the binary");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe"))
            .read_line(&mut line)
            .expect("a line");
        let address = line.trim().strip_prefix("listening on http://");
        let address = address
            .unwrap_or_else(|| panic!("no address: {line:?}"))
            .to_owned();
        Self { child, address }
    }

    /// What it tells beside its answers; can be taken once.
    pub(crate) fn stderr(&mut self) -> BufReader<ChildStderr> {
        BufReader::new(self.child.stderr.take().expect("it is a pipe, and taken once"))
    }

    /// Its number among the system's processes.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// The base URL of the OpenAI wires.
    pub(crate) fn base(&self) -> String {
        format!("http://{}/v1", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
