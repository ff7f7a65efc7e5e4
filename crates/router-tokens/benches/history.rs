//! What new messages cost behind a long history, by instructions under callgrind: `cargo bench -p router-tokens`.

// Instructions are the same in every run, so the bench can fail where they grow with the history.

use std::env;
use std::hint::black_box;
use std::process::{Command, ExitCode};

use router_core::Message;
use router_core::tokens::EstimatingCounter;
use router_tokens::Tally;

const HISTORIES: [usize; 3] = [1_000, 10_000, 100_000];
const NEW: usize = 100;
/// More than this share of what they cost behind a short history, new messages may not cost behind a long one.
const MOST: f64 = 1.05;

fn main() -> ExitCode {
    let numbers: Vec<usize> = env::args().filter_map(|word| word.parse().ok()).collect();
    match numbers[..] {
        [history, new] => {
            count(history, new);
            ExitCode::SUCCESS
        }
        _ => compare(),
    }
}

/// Counts a history, then new messages behind it. What the history alone costs falls out of a difference.
fn count(history: usize, new: usize) {
    let message =
        |at: usize| Message::user(format!("message {at:06} says some words that have to be counted"));
    let mut messages: Vec<Message> = Vec::with_capacity(history + NEW);
    let mut tally = Tally::new("gpt-4o");
    messages.extend((0..history).map(message));
    tally.update(&EstimatingCounter, black_box(&messages));
    messages.extend((history..history + new).map(message));
    black_box(tally.update(&EstimatingCounter, black_box(&messages)));
}

fn compare() -> ExitCode {
    let mut costs = Vec::new();
    for history in HISTORIES {
        let (Some(with), Some(without)) = (instructions(history, NEW), instructions(history, 0)) else {
            println!("skipped: callgrind (valgrind) is not installed, or tells nothing");
            return ExitCode::SUCCESS;
        };
        let cost = with.saturating_sub(without);
        println!(
            "{NEW} messages behind {history}: {cost} instructions, {} each",
            cost / NEW as u64
        );
        costs.push(cost as f64);
    }
    let grew = costs.iter().any(|cost| *cost > costs[0] * MOST);
    if grew {
        println!("they grow with the history");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Instructions of this program with these numbers.
fn instructions(history: usize, new: usize) -> Option<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe().ok()?)
        .args([history.to_string(), new.to_string()])
        .output()
        .ok()?;
    let told = String::from_utf8_lossy(&output.stderr);
    let (_, rest) = told.split_once("Collected :")?;
    rest.split_whitespace().next()?.parse().ok()
}
