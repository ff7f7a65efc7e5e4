//! `llm-router`: a chat on the command line, and a gateway.

mod attach;
mod benchmark;
mod chat;
mod completions;
mod config;
mod failure;
mod key;
mod known;
mod models;
mod prompt;
mod replay;
mod select;
mod serve;
mod session;
mod sim;
mod table;
mod talk;
mod telling;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Every LLM vendor on the command line, and behind one address.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_long_help = select::variables())]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Ask a model, once or in a conversation.
    Chat(Box<chat::Chat>),
    /// Serve every configured vendor over the OpenAI, Anthropic, Gemini and Ollama wires.
    Serve(serve::Serve),
    /// Serve the simulated vendor, for trying out and for tests.
    Sim(sim::Sim),
    /// List the models of the configured vendors.
    Models(models::Models),
    /// Make one small call to each configured vendor, and tell what to do about those that fail.
    Test(test::Test),
    /// Make the same call many times, and tell how long the answers took.
    Benchmark(benchmark::Benchmark),
    /// Templates of prompts: list, show, render, check them.
    Prompt(prompt::PromptCommand),
    /// Keys that callers of the gateway present: make them.
    Key(key::KeyCommand),
    /// Look at a configuration file.
    Config(config::ConfigCommand),
    /// Tell whether a configuration file could be served: the same as `config check`.
    Validate(config::Validate),
    /// Read recorded traffic and print, or compare, what is made of it.
    Replay(replay::Replay),
    /// Print a script that completes arguments in a shell.
    Completions(completions::Completions),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the runtime does not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let done = runtime.block_on(async {
        match cli.command {
            Command::Chat(command) => command.run().await,
            Command::Serve(command) => command.run().await,
            Command::Sim(command) => command.run().await,
            Command::Models(command) => command.run().await,
            Command::Test(command) => command.run().await,
            Command::Benchmark(command) => command.run().await,
            Command::Prompt(command) => command.run(),
            Command::Key(command) => command.run(),
            Command::Config(command) => command.run(),
            Command::Validate(command) => command.run(),
            Command::Replay(command) => command.run(),
            Command::Completions(command) => command.run(),
        }
    });
    // A reader of stdin may still be blocked; nothing of it is wanted any more.
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            failure.exit_code()
        }
    }
}
