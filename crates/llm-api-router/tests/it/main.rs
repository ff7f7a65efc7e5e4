//! The client's routes and the registry's errors.
#![cfg(feature = "sim")]

#[cfg(all(feature = "providers", feature = "hyper"))]
mod awkward;
#[cfg(all(feature = "balance", feature = "retry"))]
mod balanced;
#[cfg(all(feature = "providers", feature = "hyper", feature = "serve"))]
mod bursts;
#[cfg(all(feature = "config", feature = "providers", feature = "serve"))]
mod callers;
#[cfg(all(feature = "config", feature = "providers", feature = "serve"))]
mod config;
#[cfg(feature = "config")]
mod config_http;
#[cfg(feature = "config")]
mod cost;
#[cfg(all(feature = "providers", feature = "hyper", feature = "config"))]
mod errors;
#[cfg(feature = "config")]
mod exits;
#[cfg(feature = "yaml")]
mod formats;
#[cfg(all(feature = "providers", feature = "hyper", feature = "serve"))]
mod gateway;
#[cfg(all(feature = "providers", feature = "hyper"))]
mod loopback;
#[cfg(all(feature = "providers", feature = "hyper", feature = "serve"))]
mod prompts;
#[cfg(feature = "providers")]
mod providers_page;
#[cfg(feature = "config")]
mod soak;
#[cfg(feature = "retry")]
mod stack;
#[cfg(all(feature = "config", feature = "providers", feature = "serve"))]
mod telemetry;

use llm_api_router::sim::{SimModel, SimVendor};
use llm_api_router::{Client, ErrorKind, ProviderExt, ProviderSettings, Registry, Scripted};

#[tokio::test]
async fn names_choose_the_provider() {
    let client = Client::builder()
        .provider(Scripted::new().with_id("one").text("from one").text("from one"))
        .provider(Scripted::new().with_id("two").text("from two"))
        .provider(SimModel::new())
        .default_provider("one")
        .alias("deux", "two")
        .alias("one", "two")
        .prefix("sim-", "sim")
        .missing("three", "set THREE_API_KEY")
        .build()
        .unwrap();
    assert_eq!(client.chat("some/model", "hi").await.unwrap().text(), "from one");
    assert_eq!(client.chat("one/model", "hi").await.unwrap().text(), "from one");
    assert_eq!(client.chat("deux/model", "hi").await.unwrap().text(), "from two");
    let answer = client.chat("sim-model", "Say only: from sim").await.unwrap();
    assert_eq!(answer.text(), "from sim");
    let error = client.chat("three/model", "hi").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("set THREE_API_KEY"), "{error}");
}

#[tokio::test]
async fn a_name_without_provider_needs_a_default() {
    let client = Client::builder()
        .provider(Scripted::new().with_id("one"))
        .provider(Scripted::new().with_id("two"))
        .build()
        .unwrap();
    let error = client.chat("model", "hi").await.unwrap_err();
    assert_eq!(error.code(), Some("model_not_found"));
    assert!(error.to_string().contains("one, two"), "{error}");
}

#[test]
fn wrong_names_are_errors_that_say_what_there_is() {
    let twice = Client::builder()
        .provider(Scripted::new())
        .provider(Scripted::new())
        .build();
    assert!(twice.unwrap_err().to_string().contains("scripted"));
    let nobody = Client::builder()
        .provider(Scripted::new())
        .default_provider("x")
        .build();
    assert!(nobody.unwrap_err().to_string().contains("there are: scripted"));
    let unknown = Registry::builtin().build("nosuch", &ProviderSettings::default());
    let error = unknown.err().unwrap();
    assert!(error.to_string().contains("sim"), "{error}");
    let settings = ProviderSettings::default()
        .with_api_key("key")
        .with_option("region", "eu");
    let error = Registry::builtin().build("sim", &settings).err().unwrap();
    assert!(error.to_string().contains("\"region\""), "{error}");
}

#[tokio::test]
async fn models_of_all_providers_are_listed() {
    let client = Client::builder()
        .provider(SimVendor::in_process().unwrap())
        .provider(Scripted::new().with_id("broken"))
        .default_provider("sim")
        .build()
        .unwrap();
    let answer = client.list_models().await.unwrap();
    assert!(answer.models.iter().any(|model| model.id == "sim-model"));
    assert_eq!(answer.head.warnings.len(), 1);
    assert!(answer.head.warnings[0].setting.contains("broken"));
}
