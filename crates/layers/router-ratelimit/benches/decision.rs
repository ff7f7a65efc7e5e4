//! What a decision costs: `cargo bench -p router-ratelimit`. Prints nanoseconds, and fails above what is promised.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use router_core::{Call, ChatRequest, Context, ProviderId};
use router_ratelimit::{Dimension, Limit, Limiter, Rate};

/// Tasks that ask at the same time.
const TASKS: usize = 64;
/// Threads that they run on.
const WORKERS: usize = 2;
/// Decisions of each.
const DECISIONS: u32 = 20_000;
/// What a decision may cost.
const PROMISED: f64 = 500.0;
/// Of so many runs the best counts: others use the machine as well.
const RUNS: usize = 5;

fn main() -> ExitCode {
    let far = Rate::per_second(1_000_000_000);
    let requests = || Limit::requests(far).per(Dimension::Caller);
    let cases = [
        ("requests", vec![requests()]),
        (
            "requests, tokens, calls under way",
            vec![requests().with_tokens(far).with_concurrency(1_000_000)],
        ),
        (
            "two limits of two units each",
            vec![
                requests().with_tokens(far),
                Limit::requests(far)
                    .with_concurrency(1_000_000)
                    .per(Dimension::Model),
            ],
        ),
    ];
    let mut worst: f64 = 0.0;
    for (what, limits) in cases {
        for (who, callers) in [("one caller", 1), ("each its own caller", TASKS)] {
            let runs = (0..RUNS).map(|_| run(limits.clone(), callers));
            let best = runs.fold(f64::INFINITY, f64::min);
            println!("{best:7.0} ns  {what}, {who}");
            worst = worst.max(best);
        }
    }
    println!("{worst:7.0} ns  at most, of {PROMISED} promised; {TASKS} tasks");
    if worst > PROMISED {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Nanoseconds of a core that a decision takes, from the call to the permit and back.
fn run(limits: Vec<Limit>, callers: usize) -> f64 {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_time()
        .build()
        .expect("a runtime");
    let limiter = Arc::new(Limiter::new(limits).expect("limits"));
    let before = used();
    let start = Instant::now();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..TASKS)
            .map(|task| tokio::spawn(ask(Arc::clone(&limiter), task % callers)))
            .collect();
        for task in tasks {
            task.await.expect("no panic");
        }
    });
    // Where the system does not tell, the time of all cores that could have worked on it.
    let took = match (before, used()) {
        (Some(before), Some(after)) => after - before,
        _ => start.elapsed().as_nanos() as f64 * WORKERS as f64,
    };
    took / f64::from(DECISIONS) / TASKS as f64
}

/// Nanoseconds that the threads of this process have had a core, as Linux counts them: what others do does not matter.
fn used() -> Option<f64> {
    let tasks = std::fs::read_dir("/proc/self/task").ok()?;
    let of_thread = |task: std::io::Result<std::fs::DirEntry>| {
        let text = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<f64>().ok()
    };
    tasks.map(of_thread).sum()
}

async fn ask(limiter: Arc<Limiter>, caller: usize) {
    let context = Context::new().with_caller(format!("caller-{caller}"));
    let call = Call::new("model", ChatRequest::user("Hi.")).with_context(context);
    let provider = ProviderId::from_static("p");
    for decision in 0..DECISIONS {
        let permit = limiter.acquire(&call, &provider).await;
        assert!(permit.is_ok());
        if decision % 64 == 0 {
            tokio::task::yield_now().await;
        }
    }
}
