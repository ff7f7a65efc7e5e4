//! Gives the model a Rust function as a tool and lets it call it, in a loop that ends.

use llm_api_router::sim::SimVendor;
use llm_api_router::{ChatRequest, Client, Result, Toolbox, run_tools};

/// What the tool is called with; the schema that the model sees is made from it.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
struct Place {
    /// The city.
    city: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let client = Client::builder().provider(SimVendor::in_process()?).build()?;
    let tools = Toolbox::new().with_typed(
        "get_weather",
        "The weather in a city",
        |place: Place| async move { Ok(format!("18 degrees and clear in {}", place.city)) },
    );
    let request = ChatRequest::user("How is the weather in Oslo?");
    let ended = run_tools(&client, "sim/sim-model", request, &tools, 5).await?;
    println!("{}", ended.answer.text());
    println!("asked {} times, {} messages", ended.turns, ended.messages.len());
    Ok(())
}
