//! `cargo xtask clients`: vendors' own SDKs against the gateway, in front of the simulated vendor, over real sockets.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::server::Server;
use crate::totals::{Runner, Totals};
use crate::{Arguments, Outcome, process, setup, workspace};

/// The key that callers present.
const KEY: &str = "sk-test";

/// Our own scripts, in `crates/router-sim/tests/clients`.
const OWN: [&str; 8] = [
    "azure_openai_python.py",
    "bedrock_boto3.py",
    "cohere_python.py",
    "dashscope_python.py",
    "google_genai_python.py",
    "mistral_python.py",
    "ollama_python.py",
    "pydantic_ai_python.py",
];

/// Those that are for Node.
const OWN_NODE: [&str; 2] = ["anthropic_node.mjs", "vercel_ai_node.mjs"];

pub(crate) fn run(arguments: Arguments<'_>) -> Outcome {
    let mut folder = None;
    let mut install = false;
    let mut sim_too = false;
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--setup" => install = true,
            "--dir" => folder = Some(PathBuf::from(rest.next().ok_or("--dir needs a folder")?)),
            "--against" => match rest.next().map(String::as_str) {
                Some("gateway") => sim_too = false,
                Some("sim") => sim_too = true,
                _ => return Err("--against needs `gateway` or `sim`".to_owned()),
            },
            other => return Err(format!("unknown argument `{other}`")),
        }
    }
    let folder = match folder {
        Some(folder) => Some(folder),
        None => workspace::shared("ROUTER_CLIENTS", "clients")?,
    };
    if !process::run(process::cargo().args(["build", "--quiet", "--package", "llm-router"]))? {
        return Err("llm-router does not build".to_owned());
    }
    let binary = workspace::target().join("debug/llm-router");
    let vendor = Server::start(offline(&binary).args(["sim", "--listen", "127.0.0.1:0", "--key", KEY]))?;
    println!("against the simulated vendor, {}", vendor.url);
    let mut totals = own_scripts(&vendor, install)?;
    let Some(folder) = folder else {
        totals += skipped(
            "further clients",
            "no folder of them (--dir or ROUTER_CLIENTS names one)",
        );
        return Ok(totals);
    };
    let clients = Clients::prepare(&folder, install)?;
    if sim_too {
        totals += clients.run_against(&vendor)?;
    }
    let upstream = Server::start(offline(&binary).args(["sim", "--listen", "127.0.0.1:0"]))?;
    let gateway = Server::start(
        offline(&binary)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(["--default", "sim", "--key", KEY])
            .env("SIM_BASE_URL", &upstream.url),
    )?;
    println!("against the gateway, {}", gateway.url);
    totals += clients.run_against(&gateway)?;
    Ok(totals)
}

/// Scripts of our own: SDKs of vendors whose wires the simulated vendor speaks.
fn own_scripts(vendor: &Server, install: bool) -> Outcome {
    let scripts = setup::scripts(&workspace::root().join("crates/router-sim/tests/clients"), "sdks")?;
    let python = setup::python(&scripts, install);
    let mut totals = Totals::default();
    for script in OWN {
        totals += match &python {
            Ok(python) => {
                let mut command = Command::new(python);
                command.arg(script).current_dir(&scripts);
                process::run_and_count(told_of(vendor, &mut command), Runner::Script)?
            }
            Err(why) => skipped(script, why),
        };
    }
    let node = setup::node(&scripts, install);
    for script in OWN_NODE {
        totals += match &node {
            Ok(()) => {
                let mut command = Command::new("node");
                command.arg(script).current_dir(&scripts);
                process::run_and_count(told_of(vendor, &mut command), Runner::Script)?
            }
            Err(why) => skipped(script, why),
        };
    }
    Ok(totals)
}

/// The scripts, and what there is to run them with.
struct Clients {
    /// A copy of the scripts: the folder they come from may be read-only, and Node looks for packages beside a script.
    scripts: PathBuf,
    python: Result<PathBuf, String>,
    node: Result<(), String>,
}

impl Clients {
    fn prepare(folder: &Path, install: bool) -> Result<Self, String> {
        let scripts = setup::scripts(folder, "clients")?;
        Ok(Self {
            python: setup::python(&scripts, install),
            node: setup::node(&scripts, install),
            scripts,
        })
    }

    fn run_against(&self, server: &Server) -> Outcome {
        let mut totals = Totals::default();
        for script in ["openai_python.py", "anthropic_python.py"] {
            totals += match &self.python {
                Ok(python) => {
                    let mut command = Command::new(python);
                    command.arg(script).current_dir(&self.scripts);
                    process::run_and_count(told_of(server, &mut command), Runner::Script)?
                }
                Err(why) => skipped(script, why),
            };
        }
        totals += match &self.node {
            Ok(()) => {
                let mut command = Command::new("node");
                command.arg("openai_node.mjs").current_dir(&self.scripts);
                process::run_and_count(told_of(server, &mut command), Runner::Script)?
            }
            Err(why) => skipped("openai_node.mjs", why),
        };
        totals += match &self.python {
            Ok(python) => {
                let mut command = Command::new(python);
                command
                    .args(["-m", "pytest", "--quiet", "--tb=short", "-W", "ignore"])
                    .current_dir(self.scripts.join("langchain"));
                process::run_and_count(told_of(server, &mut command), Runner::Pytest)?
            }
            Err(why) => skipped("langchain", why),
        };
        Ok(totals)
    }
}

fn skipped(name: &str, why: &str) -> Totals {
    println!("SKIP {name}: {why}");
    Totals::skipped(1)
}

/// Our binary without the vendors that the machine has keys for: nothing here may reach a network.
fn offline(binary: &Path) -> Command {
    let mut command = Command::new(binary);
    process::without_vendors(&mut command);
    command
}

/// A client's command, told where the server is.
fn told_of<'a>(server: &Server, client: &'a mut Command) -> &'a mut Command {
    client
        .env("BASE_URL", format!("{}/v1", server.url))
        .env("API_KEY", KEY)
        .env("PYTHONDONTWRITEBYTECODE", "1")
}
