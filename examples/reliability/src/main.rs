//! Shows retries, timeouts and breakers, and the trail of what happened to a call.

use std::time::Duration;

use llm_api_router::context::TrailEntry;
use llm_api_router::retry::{BreakerPolicy, RetryPolicy, TimeoutPolicy};
use llm_api_router::sim::SimVendor;
use llm_api_router::{Client, ProviderExt, Result, Stack};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    // Without a word, a client has all of this with patient numbers. Here nobody is to wait.
    let millis = Duration::from_millis;
    let stack = Stack::default()
        .with_retry(RetryPolicy::default().with_waits(millis(10), millis(50)))
        .with_timeouts(TimeoutPolicy::default().with_between_contents(millis(100)))
        .with_breaker(BreakerPolicy::default().with_consecutive(3));
    let client = Client::builder()
        .provider(SimVendor::in_process()?)
        .stack(stack)
        .build()?;

    // Refused twice, answered at the third attempt.
    let answer = client
        .chat("sim/sim-fault-429-x2-busy", "Say only: finally")
        .await?;
    println!("{}", answer.text());
    for entry in answer.trail.entries() {
        match entry {
            TrailEntry::Attempt { error: None, .. } => println!("- answered"),
            TrailEntry::Attempt {
                error: Some(kind), ..
            } => println!("- failed: {kind}"),
            TrailEntry::Decision { layer, .. } => println!("- {layer} waits"),
            _ => {}
        }
    }

    // A stream that falls silent behind its first words is cut off, and says so.
    let mut stream = client
        .chat_stream("sim/sim-fault-stall4", "Count from 1 to 9")
        .await?;
    while let Some(event) = stream.next().await {
        if let Err(error) = event {
            println!("{error}");
        }
    }

    // What fails always is left alone after a while. Other models are asked as before.
    let error = client.chat("sim/sim-fault-503", "Hello").await;
    println!("{:?}", error.err().map(|error| error.kind()));
    for breaker in client.breakers() {
        for (model, state) in breaker.tripped() {
            println!("{}/{model}: {}", breaker.provider(), state.as_str());
        }
    }
    Ok(())
}
