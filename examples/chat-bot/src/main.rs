//! Reads a line, answers it, remembers both: a conversation on the terminal.

use std::io::BufRead as _;

use llm_api_router::sim::SimVendor;
use llm_api_router::{ChatRequest, Client, Message, ProviderExt, Result};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let client = Client::builder().provider(SimVendor::in_process()?).build()?;
    let mut messages = vec![Message::system("You are a friendly assistant.")];
    for line in std::io::stdin().lock().lines().map_while(std::result::Result::ok) {
        if line.trim().is_empty() {
            continue;
        }
        messages.push(Message::user(line));
        let answer = client
            .chat("sim/sim-model", ChatRequest::new(messages.clone()))
            .await?;
        println!("{}", answer.text());
        // The whole message: signatures and other things that ride on its parts go back to the vendor.
        messages.push(answer.to_message());
    }
    Ok(())
}
