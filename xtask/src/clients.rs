//! `cargo xtask clients`: vendors' own SDKs against the gateway, in front of the simulated vendor, over real sockets.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::totals::{Runner, Totals};
use crate::{Arguments, Outcome, process, setup, workspace};

/// The key that callers present.
const KEY: &str = "sk-test";

/// Checks of surfaces that the gateway does not have yet.
const NOT_YET: &str = "moderations,images,speech,transcription";

pub(crate) fn run(arguments: Arguments<'_>) -> Outcome {
    let mut folder = workspace::shared("ROUTER_CLIENTS", "clients");
    let mut install = false;
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--setup" => install = true,
            "--dir" => folder = Some(PathBuf::from(rest.next().ok_or("--dir needs a folder")?)),
            other => return Err(format!("unknown argument `{other}`")),
        }
    }
    let folder = folder.ok_or("no folder of clients: name one with --dir or ROUTER_CLIENTS")?;
    let scripts = setup::scripts(&folder)?;
    let mut build = process::cargo();
    if !process::run(build.args(["build", "--quiet", "--package", "llm-router"]))? {
        return Err("llm-router does not build".to_owned());
    }
    let binary = workspace::target().join("debug/llm-router");
    let vendor = Server::start(Command::new(&binary).args(["sim", "--listen", "127.0.0.1:0"]))?;
    let gateway = Server::start(
        Command::new(&binary)
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--default",
                "sim",
                "--key",
                KEY,
            ])
            .env("SIM_BASE_URL", &vendor.url),
    )?;
    let mut totals = Totals::default();
    match setup::python(&folder, install) {
        Ok(python) => {
            for script in ["openai_python.py", "anthropic_python.py"] {
                let mut command = Command::new(&python);
                command.arg(script).current_dir(&scripts);
                totals += process::run_and_count(gateway.seen_by(&mut command), Runner::Script)?;
            }
            let mut command = Command::new(&python);
            command
                .args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "ignore"])
                .current_dir(scripts.join("langchain"));
            totals += process::run_and_count(gateway.seen_by(&mut command), Runner::Pytest)?;
        }
        Err(why) => totals += skipped(&["openai_python.py", "anthropic_python.py", "langchain"], &why),
    }
    match setup::node(&scripts, install) {
        Ok(()) => {
            let mut command = Command::new("node");
            command.arg("openai_node.mjs").current_dir(&scripts);
            totals += process::run_and_count(gateway.seen_by(&mut command), Runner::Script)?;
        }
        Err(why) => totals += skipped(&["openai_node.mjs"], &why),
    }
    Ok(totals)
}

fn skipped(names: &[&str], why: &str) -> Totals {
    for name in names {
        println!("SKIP {name}: {why}");
    }
    Totals::skipped(names.len() as u64)
}

/// A server on a free port, stopped when dropped.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(command: &mut Command) -> Result<Self, String> {
        let mut child = command
            .env_remove("LLM_ROUTER_KEYS")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("the server does not start: {error}"))?;
        let stdout = child.stdout.take().ok_or("the server has no output")?;
        let mut line = String::new();
        let read = BufReader::new(stdout).read_line(&mut line);
        let url = line.trim().strip_prefix("listening on ").map(str::to_owned);
        match (read, url) {
            (Ok(_), Some(url)) => Ok(Self { child, url }),
            _ => {
                let _ = child.kill();
                Err(format!("the server does not listen; it said {line:?}"))
            }
        }
    }

    /// A client's command, told where the server is.
    fn seen_by<'a>(&self, client: &'a mut Command) -> &'a mut Command {
        client
            .env("BASE_URL", format!("{}/v1", self.url))
            .env("API_KEY", KEY)
            .env("SKIP", NOT_YET)
            .env("PYTHONDONTWRITEBYTECODE", "1")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
