//! Shows what an error tells: its kind, whether to try again and when; and what a warning tells.

use std::sync::Arc;

use llm_api_router::anthropic::Anthropic;
use llm_api_router::sim::{SimTransport, SimVendor};
use llm_api_router::{ChatRequest, Client, ErrorKind, ProviderExt, Result, Settings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    // Bare, so that nothing is tried again before an error is shown.
    let client = Client::builder()
        .provider(SimVendor::in_process()?)
        .bare()
        .build()?;
    for model in [
        "sim/sim-fault-429-after7",
        "sim/sim-fault-401",
        "sim/sim-fault-cut3",
        "elsewhere/model",
    ] {
        let Err(error) = client.chat_stream(model, "Count from 1 to 9").await else {
            println!("{model}: began to answer");
            continue;
        };
        match error.kind() {
            ErrorKind::RateLimited => println!("{model}: again in {:?}", error.retry_after()),
            ErrorKind::Authentication => println!("{model}: check the key"),
            _ if error.is_retryable() => println!("{model}: try again"),
            kind => println!("{model}: {kind}, give up"),
        }
    }

    // A vendor that has no such setting: the answer comes, and says what was left out.
    let claude = Anthropic::builder()
        .api_key("sk-any")
        .transport(Arc::new(SimTransport::default()))
        .build()?;
    let mut settings = Settings::default();
    settings.seed = Some(7);
    let answer = claude
        .chat("sim-model", ChatRequest::user("Hello").with_settings(settings))
        .await?;
    for warning in &answer.head.warnings {
        println!("warning: {warning}");
    }
    Ok(())
}
