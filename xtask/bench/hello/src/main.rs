//! The least program that chats, to be weighed.

use llm_api_router::ProviderExt;
use llm_api_router::openai::OpenAi;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let openai = OpenAi::from_env()?;
        let answer = openai.chat("gpt-4o-mini", "Say hello.").await?;
        println!("{}", answer.text());
        Ok(())
    })
}
