//! Shows one route over several models: weights, failover, and how the targets stand.

use llm_api_router::balance::{Balance, BalanceOptions, Strategy, Target};
use llm_api_router::sim::SimVendor;
use llm_api_router::{ChatRequest, Context, ProviderExt, Result};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let target =
        |model: &str| Ok::<_, llm_api_router::Error>(Target::new(SimVendor::in_process()?).with_model(model));
    let route = Balance::builder()
        .id("smart")
        .strategy(Strategy::Weighted)
        .target(target("sim-model")?.with_name("large").with_weight(3))
        .target(target("sim-alt")?.with_name("small"))
        // A model that is never there: callers do not notice.
        .target(target("sim-fault-503")?.with_name("dead"))
        .build()?;

    for _ in 0..20 {
        route.chat("smart", "Say only: hello").await?;
    }
    for target in route.handle().status().targets {
        let (name, state) = (target.name, target.state.as_str());
        println!(
            "{name}: {state}, {} calls, {} failed",
            target.calls, target.failures
        );
    }

    // A call can say where it goes, and that it goes nowhere else.
    let options = BalanceOptions::new().to_target("dead").without_fallbacks();
    let context = Context::new().with_extension(options);
    let error = route.send("smart", ChatRequest::user("Hello"), context).await;
    println!("{:?}", error.err().map(|error| error.kind()));

    // What works is changed while it works.
    let handle = route.handle();
    handle.remove("dead")?;
    handle.set_weight("small", 0)?;
    let answer = route.chat("smart", "Say only: still here").await?;
    println!("{} from {}", answer.text(), answer.head.model);
    Ok(())
}
