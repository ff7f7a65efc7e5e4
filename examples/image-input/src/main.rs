//! Sends a picture with a question about it.

use llm_api_router::sim::SimVendor;
use llm_api_router::{ChatRequest, Client, ContentPart, Media, Message, ProviderExt, Result};

/// A PNG of one pixel.
const PIXEL: &[u8] = include_bytes!("../pixel.png");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let client = Client::builder().provider(SimVendor::in_process()?).build()?;
    let question = Message::user(vec![
        ContentPart::text("What is in these pictures?"),
        ContentPart::Media(Media::image_bytes("image/png", PIXEL)),
        ContentPart::Media(Media::image_url("https://example.com/chart.png")),
    ]);
    let answer = client
        .chat("sim/sim-model", ChatRequest::new(vec![question]))
        .await?;
    println!("{}", answer.text());
    Ok(())
}
