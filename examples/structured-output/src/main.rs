//! Asks for an answer that is a Rust type, and reads it as one.

use llm_api_router::sim::SimVendor;
use llm_api_router::{ChatRequest, Client, ProviderExt, ResponseFormat, Result};

#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
struct Contact {
    name: String,
    age: u32,
    city: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let client = Client::builder().provider(SimVendor::in_process()?).build()?;
    let request = ChatRequest::user("Who is it? name: Ada Lovelace, age: 36, and she lives in London.")
        .with_response_format(ResponseFormat::of::<Contact>());
    let answer = client.chat("sim/sim-model", request).await?;
    let contact: Contact = answer.parse()?;
    println!(
        "{} is {} and lives in {}",
        contact.name, contact.age, contact.city
    );
    Ok(())
}
