//! Prints an answer as it comes, then what it cost.

use std::io::Write as _;

use llm_api_router::sim::SimVendor;
use llm_api_router::{Client, ProviderExt, Result, StreamEvent};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let client = Client::builder().provider(SimVendor::in_process()?).build()?;
    let mut answer = client.chat_stream("sim/sim-model", "Count from 1 to 12").await?;
    while let Some(event) = answer.next().await {
        match event? {
            StreamEvent::TextDelta { text, .. } => {
                print!("{text}");
                let _ = std::io::stdout().flush();
            }
            StreamEvent::Finish(finish) => {
                if let Some(usage) = finish.usage {
                    println!("\n{} tokens in, {} out", usage.input_tokens, usage.output_tokens);
                }
            }
            _ => {}
        }
    }
    Ok(())
}
