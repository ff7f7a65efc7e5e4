//! Sends one request to several vendors, each over its own wire; only the name changes.
//!
//! The vendors are the simulated one here, which speaks all of these wires. Without `base_url` it would be the real ones.

use llm_api_router::anthropic::Anthropic;
use llm_api_router::gemini::Gemini;
use llm_api_router::openai::OpenAi;
use llm_api_router::sim::Sim;
use llm_api_router::{ChatRequest, Client, ProviderExt};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sim = Sim::start().await?;
    let url = sim.url();
    let client = Client::builder()
        .provider(
            OpenAi::builder()
                .api_key("sk-any")
                .base_url(format!("{url}/v1"))
                .build()?,
        )
        .provider(
            Anthropic::builder()
                .api_key("sk-any")
                .base_url(url.clone())
                .build()?,
        )
        .provider(
            Gemini::builder()
                .api_key("any")
                .base_url(format!("{url}/v1beta"))
                .build()?,
        )
        .build()?;
    let request = ChatRequest::user("Count from 1 to 3").with_max_output_tokens(100);
    for model in ["openai/sim-model", "anthropic/sim-model", "gemini/sim-model"] {
        let answer = client.chat(model, request.clone()).await?;
        println!("{model}: {} ({:?})", answer.text(), answer.finish_reason());
    }
    Ok(())
}
