//! Regions, credentials and addresses: from the environment, from profiles, and wrong ones.

use std::collections::HashMap;
use std::sync::Arc;

use router_bedrock::{Bedrock, BedrockBuilder, Credentials};
use router_core::model::ListModelsRequest;
use router_core::{ErrorKind, Provider as _, ProviderExt as _, Secret};
use router_http::ProviderSettings;
use router_http::replay::ReplayTransport;

/// A home with these two files.
struct Home(std::path::PathBuf);

impl Home {
    fn with(name: &str, credentials: &str, config: &str) -> Self {
        let place = std::env::temp_dir().join(format!("router-bedrock-{name}-{}", std::process::id()));
        std::fs::create_dir_all(place.join(".aws")).expect("a folder");
        std::fs::write(place.join(".aws/credentials"), credentials).expect("a file");
        std::fs::write(place.join(".aws/config"), config).expect("a file");
        Self(place)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn built(variables: &[(&str, &str)], builder: BedrockBuilder) -> Result<Bedrock, String> {
    let variables: HashMap<&str, &str> = variables.iter().copied().collect();
    let lookup = |name: &str| variables.get(name).map(|value| (*value).to_owned());
    let builder = builder
        .from_variables(&lookup)
        .map_err(|error| error.to_string())?;
    builder.build().map_err(|error| error.to_string())
}

/// What is sent for a chat: the address and the authorization.
async fn sent(variables: &[(&str, &str)], builder: BedrockBuilder) -> (String, String) {
    let transport = Arc::new(ReplayTransport::new().reply(
        200,
        &[("content-type", "application/json")],
        [Ok("{}".into())],
    ));
    let settings = ProviderSettings::default().with_transport(transport.clone());
    let bedrock = built(variables, builder.settings(settings)).expect("a provider");
    let _ = bedrock.chat("m", "x").await;
    let request = transport.requests().remove(0);
    let header = request
        .headers
        .get("authorization")
        .map(|value| value.to_str().expect("text").to_owned());
    (request.url.into(), header.unwrap_or_default())
}

#[tokio::test]
async fn credentials_have_an_order() {
    let home = Home::with(
        "order",
        "[default]\naws_access_key_id = DEFAULT\naws_secret_access_key = s\n[dev]\naws_access_key_id=DEV\naws_secret_access_key=s\naws_session_token=t\n",
        "[default]\nregion = us-west-2\n[profile dev]\nregion = eu-west-1\n",
    );
    let home = home.0.to_str().expect("text").to_owned();
    let new = BedrockBuilder::new;
    let keys = [
        ("HOME", home.as_str()),
        ("AWS_ACCESS_KEY_ID", "ENV"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
        ("AWS_REGION", "us-east-2"),
    ];
    let bearer = [&keys[..], &[("AWS_BEARER_TOKEN_BEDROCK", "ABSK1")]].concat();
    let (url, authorization) = sent(&bearer, new()).await;
    assert_eq!(
        url,
        "https://bedrock-runtime.us-east-2.amazonaws.com/model/m/converse"
    );
    assert_eq!(authorization, "Bearer ABSK1", "nothing is signed");
    let (_, authorization) = sent(&keys, new()).await;
    assert!(authorization.contains("Credential=ENV/"), "{authorization}");
    assert!(
        authorization.contains("/us-east-2/bedrock/aws4_request"),
        "{authorization}"
    );
    // A profile that is named in code wins over keys in the environment.
    let (_, authorization) = sent(&keys, new().profile("dev")).await;
    assert!(authorization.contains("Credential=DEV/") && authorization.contains("x-amz-security-token"));
    let (url, authorization) = sent(&[("HOME", &home), ("AWS_PROFILE", "dev")], new()).await;
    assert!(
        url.starts_with("https://bedrock-runtime.eu-west-1.amazonaws.com/"),
        "{url}"
    );
    assert!(authorization.contains("Credential=DEV/"));
    let (url, authorization) = sent(&[("HOME", &home)], new()).await;
    assert!(
        url.contains(".us-west-2.") && authorization.contains("Credential=DEFAULT/"),
        "{url}"
    );
    let (_, authorization) = sent(&bearer, new().credentials(Credentials::new("MINE", "s"))).await;
    assert!(authorization.contains("Credential=MINE/"));
}

#[test]
fn what_is_wrong_is_told() {
    let home = Home::with(
        "wrong",
        "",
        "[profile sso]\nsso_session = work\nregion = us-east-1\n",
    );
    let home = ("HOME", home.0.to_str().expect("text"));
    let new = BedrockBuilder::new;
    let keys = || Credentials::new("A", "very-secret");
    for (variables, builder, words) in [
        (vec![home], new(), "AWS_BEARER_TOKEN_BEDROCK"),
        (vec![home], new().credentials(keys()), "AWS_REGION"),
        (
            vec![home],
            new().credentials(keys()).region("Frankfurt"),
            "one is us-east-1",
        ),
        (
            vec![home, ("AWS_ACCESS_KEY_ID", "A")],
            new().region("us-east-1"),
            "belong together",
        ),
        (
            vec![home, ("AWS_PROFILE", "nobody")],
            new(),
            "no profile \"nobody\"",
        ),
        (
            vec![home, ("AWS_PROFILE", "sso")],
            new(),
            "export-credentials --profile sso",
        ),
    ] {
        let error = built(&variables, builder).map(|_| ()).expect_err("a mistake");
        assert!(error.contains(words) && !error.contains("very-secret"), "{error}");
    }
    let wrong = router_bedrock::build(&ProviderSettings::default().with_option("zone", "a")).map(|_| ());
    let wrong = wrong.expect_err("no such setting");
    assert_eq!(wrong.kind(), ErrorKind::Config);
    assert!(wrong.to_string().contains("region, profile"), "{wrong}");
}

#[tokio::test]
async fn a_configuration_has_one_place_for_a_key() {
    for (key, shown) in [
        ("ABSKtoken", "Bearer ABSKtoken"),
        ("AKID:secret:token", "Credential=AKID/"),
    ] {
        let transport = Arc::new(ReplayTransport::new().reply(
            200,
            &[("content-type", "application/json")],
            [Ok(r#"{"modelSummaries":[]}"#.into())],
        ));
        let settings = ProviderSettings::default()
            .with_api_key(Secret::new(key))
            .with_option("region", "cn-north-1")
            .with_transport(transport.clone());
        let provider = router_bedrock::build(&settings).expect("a provider");
        let call = router_core::Call::new("", ListModelsRequest::default());
        provider.call(&call).await.expect("a list");
        let request = transport.requests().remove(0);
        // Models are listed at the control plane's address.
        assert_eq!(
            request.url,
            "https://bedrock.cn-north-1.amazonaws.com.cn/foundation-models"
        );
        let authorization = request.headers["authorization"].to_str().expect("text");
        assert!(authorization.contains(shown), "{authorization}");
    }
}
