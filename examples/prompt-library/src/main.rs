//! Prompts from a folder and from the presets: checked before use, rendered into calls.

use std::path::Path;

use llm_api_router::prompt::{Library, Vars};
use llm_api_router::sim::SimVendor;
use llm_api_router::{Client, ProviderExt as _, Result};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut library = Library::with_presets();
    library.add_folder(Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts"))?;
    println!("{} problems", library.check().len());

    // A value is data: template syntax in it stays text.
    let vars = Vars::new()
        .with("product", "router")
        .with("changes", vec!["faster start", "{{audience}} stays text"]);
    let prompt = library.prompt("release-note", &vars)?;
    for message in &prompt.request.messages {
        println!("[{:?}]\n{}", message.role, message.text());
    }

    let client = Client::builder().provider(SimVendor::in_process()?).build()?;
    let model = prompt.model.as_deref().unwrap_or_default();
    println!(
        "[answer of {model}]\n{}",
        client.chat(model, prompt.request).await?.text()
    );

    // What is missing is said before anything is sent.
    if let Err(error) = library.prompt("zh/translate", &Vars::new().with("text", "你好")) {
        println!("[error]\n{error}");
    }
    Ok(())
}
