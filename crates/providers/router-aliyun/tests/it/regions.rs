//! Which region and workspace a key goes to.

use std::sync::Arc;

use router_aliyun::build;
use router_core::{Call, ChatRequest, ErrorKind};
use router_http::replay::ReplayTransport;
use router_http::{ProviderSettings, TransportRequest};

const ANSWER: &str = r#"{"choices":[{"message":{"content":"Hello!"},"finish_reason":"stop"}]}"#;

async fn sent(change: impl FnOnce(ProviderSettings) -> ProviderSettings) -> TransportRequest {
    let transport = Arc::new(ReplayTransport::new().json(200, ANSWER));
    let shared: Arc<dyn router_http::Transport> = Arc::<ReplayTransport>::clone(&transport);
    let settings = ProviderSettings::default()
        .with_api_key("k")
        .with_transport(shared);
    let provider = build(&change(settings)).expect("the provider builds");
    let call = Call::new("qwen-plus", ChatRequest::user("Hi"));
    provider.call(&call).await.expect("an answer");
    transport.requests().remove(0)
}

#[tokio::test]
async fn regions() {
    for (region, host) in [
        ("cn-beijing", "dashscope.aliyuncs.com"),
        ("ap-southeast-1", "dashscope-intl.aliyuncs.com"),
        ("us-east-1", "dashscope-us.aliyuncs.com"),
        ("cn-hongkong", "cn-hongkong.dashscope.aliyuncs.com"),
    ] {
        let request = sent(|settings| settings.with_option("region", region)).await;
        assert_eq!(
            request.url,
            format!("https://{host}/compatible-mode/v1/chat/completions")
        );
    }
}

#[tokio::test]
async fn addresses_and_workspaces() {
    let given = "https://dashscope-intl.aliyuncs.com/compatible-mode/v1";
    let request = sent(|settings| settings.with_base_url(given).with_option("workspace", "ws-1")).await;
    assert_eq!(
        request.url,
        "https://dashscope-intl.aliyuncs.com/compatible-mode/v1/chat/completions"
    );
    assert_eq!(request.headers["x-dashscope-workspace"], "ws-1");
}

#[test]
fn what_is_not_known_is_named() {
    for (name, value, named) in [
        ("region", "mars", "ap-southeast-1"),
        ("workspace", "a/b", "workspace"),
        ("site", "x", "region, workspace"),
    ] {
        let settings = ProviderSettings::default()
            .with_api_key("k")
            .with_option(name, value);
        let error = build(&settings).err().expect("it is not known");
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(named), "{error}");
    }
    let error = build(&ProviderSettings::default()).err().expect("no key");
    assert!(error.to_string().contains("DASHSCOPE_API_KEY"), "{error}");
}
