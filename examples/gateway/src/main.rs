//! Puts a client behind a socket, so that programs in any language can call it, and calls it as one of them would.

use llm_api_router::openai::OpenAi;
use llm_api_router::serve::listener::{Limits, bind, listen};
use llm_api_router::serve::{Keys, Service};
use llm_api_router::sim::SimVendor;
use llm_api_router::{Client, ProviderExt, Result, Secret};
use tokio::sync::oneshot;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let client = Client::builder().provider(SimVendor::in_process()?).build()?;
    let service = Service::new(client).with_keys(Keys::of([Secret::new("sk-caller")]));
    let (listener, address) = bind("127.0.0.1:0").await?;
    let (stop, stopped) = oneshot::channel::<()>();
    let gateway = tokio::spawn(listen(listener, service, Limits::default(), async {
        let _ = stopped.await;
    }));

    caller(&format!("http://{address}/v1")).await?;
    let _ = stop.send(());
    gateway.await??;
    Ok(())
}

async fn caller(url: &str) -> Result<()> {
    let caller = OpenAi::builder().api_key("sk-caller").base_url(url).build()?;
    println!("{}", caller.chat("sim-model", "Count from 1 to 4").await?.text());
    let stranger = OpenAi::builder().api_key("sk-stranger").base_url(url).build()?;
    if let Err(error) = stranger.chat("sim-model", "Hello").await {
        println!("without a key: {}", error.kind());
    }
    Ok(())
}
