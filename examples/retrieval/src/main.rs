//! Finds the documents that are nearest to a question and asks the model with them in hand.

use llm_api_router::sim::SimVendor;
use llm_api_router::{ChatRequest, Client, EmbeddingRequest, ProviderExt, Result};

const DOCUMENTS: [&str; 4] = [
    "The Rhine flows from the Alps to the North Sea.",
    "Tokio is an asynchronous runtime for Rust.",
    "A croissant is made of laminated dough with butter.",
    "Reqwest is an HTTP client for Rust that runs on Tokio.",
];

fn likeness(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let client = Client::builder().provider(SimVendor::in_process()?).build()?;
    let documents = client
        .embed("sim/sim-embed", EmbeddingRequest::new(DOCUMENTS))
        .await?;

    let question = "Which runtime does the HTTP client for Rust use?";
    let asked = client
        .embed("sim/sim-embed", EmbeddingRequest::new([question]))
        .await?;
    let mut nearest: Vec<usize> = (0..DOCUMENTS.len()).collect();
    nearest.sort_by(|one, other| {
        let of = |place: &usize| likeness(&documents.embeddings[*place], &asked.embeddings[0]);
        of(other).total_cmp(&of(one))
    });

    let mut prompt = String::from("Answer from these sources and name their numbers.\n");
    for place in &nearest[..2] {
        println!("source [{place}] {}", DOCUMENTS[*place]);
        prompt.push_str(&format!("[{place}] {}\n", DOCUMENTS[*place]));
    }
    let request = ChatRequest::user(question).with_system(prompt);
    let answer = client.chat("sim/sim-model", request).await?;
    println!("{}", answer.text());
    Ok(())
}
