//! What choosing from a long conversation costs: `cargo bench -p router-conversation`. Fails above what is promised.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use router_conversation::{Conversation, Fitter, Policy, Strategy};
use router_core::tokens::EstimatingCounter;
use router_core::{Message, ModelId};

const EXCHANGES: usize = 5000;
/// What choosing from ten thousand messages may cost, once they are counted.
const PROMISED: Duration = Duration::from_millis(1);
/// Of so many runs the best counts: others use the machine as well.
const RUNS: usize = 50;

fn main() -> ExitCode {
    let mut conversation = Conversation::new("bench");
    for at in 0..EXCHANGES {
        conversation.push(Message::user(format!("What is question {at} about?")));
        conversation.push(Message::assistant(format!(
            "Question {at} is about an answer of some length."
        )));
    }
    let model = ModelId::from("any");
    let strategies = [
        ("window", Strategy::Window),
        ("keep_first", Strategy::KeepFirst { exchanges: 10 }),
        ("importance", Strategy::Importance),
    ];
    let mut done = ExitCode::SUCCESS;
    for (name, strategy) in strategies {
        let is_windowing = strategy != Strategy::Importance;
        let fitter = Fitter::new(
            Policy::new(8000).with_strategy(strategy),
            Arc::new(EstimatingCounter),
        );
        fitter.fit(&mut conversation, &model, 0).expect("room");
        let best = (0..RUNS)
            .map(|_| {
                let start = Instant::now();
                std::hint::black_box(fitter.fit(&mut conversation, &model, 0).expect("room"));
                start.elapsed()
            })
            .min()
            .unwrap_or(PROMISED);
        println!("{name}: {best:?}");
        if is_windowing && best > PROMISED {
            println!("promised: {PROMISED:?}");
            done = ExitCode::FAILURE;
        }
    }
    done
}
