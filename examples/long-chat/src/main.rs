//! A chat of 200 turns in a window of 2000 tokens that still knows what was pinned at its beginning.

use std::sync::Arc;

use llm_api_router::conversation::{
    Conversation, ConversationId, ConversationLayer, MemoryStore, Policy, Store as _,
};
use llm_api_router::counting::Counter;
use llm_api_router::sim::SimVendor;
use llm_api_router::tokens::TokenCounter as _;
use llm_api_router::{ChatRequest, Client, Context, Layer as _, Message, ModelId, ProviderExt as _, Result};

const TURNS: usize = 200;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    // What must never be forgotten is pinned, by hand, before the chat begins.
    let store = Arc::new(MemoryStore::new());
    let mut beginning = Conversation::new("ada");
    beginning.push(Message::system("You are a friendly assistant."));
    beginning.push_pinned(Message::user("Hello, my name is Ada."));
    beginning.push(Message::assistant("Nice to meet you, Ada."));
    store.append("ada", &beginning.take_records()).await?;

    // From here on the layer reads and writes the history; a call brings only what is new.
    let counter = Arc::new(Counter::new().with_alias("sim/sim-model", "gpt-4o"));
    let client = Client::builder().provider(SimVendor::in_process()?).build()?;
    let chat = ConversationLayer::new(Policy::new(2000).with_reserve(200))
        .with_store(store.clone())
        .with_counter(counter.clone())
        .layer(client);

    for turn in 1..=TURNS {
        let asks = turn % 50 == 0;
        let question = if asks {
            "What is my name?".to_owned()
        } else {
            format!("Turn {turn}: tell me something about the history of the number {turn}, please.")
        };
        let context = Context::new().with_extension(ConversationId::new("ada"));
        let answer = chat
            .send("sim/sim-model", ChatRequest::user(question), context)
            .await?;
        if asks {
            println!("turn {turn}: {}", answer.text());
            for warning in &answer.head.warnings {
                println!("  {warning}");
            }
        }
    }

    let page = store.read("ada", 0).await?;
    let mut whole = Conversation::from_records("ada", page.records);
    let model = ModelId::from("sim/sim-model");
    let numbers = whole.statistics(counter.as_ref(), &model);
    let messages: usize = numbers.messages.values().sum();
    let last = counter.count_chat(&model, &ChatRequest::new(whole.messages()));
    println!(
        "{messages} messages, {} pinned; whole, they would be {last} tokens",
        numbers.pinned
    );
    Ok(())
}
