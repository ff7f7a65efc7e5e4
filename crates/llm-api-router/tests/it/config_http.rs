//! Settings of connections in a configuration: all of them, for all providers and for one.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use llm_api_router::http::{HttpConfig, HttpVersion, TransportKind};
use llm_api_router::wire::vendor::Vendor;
use llm_api_router::{Config, Entry, ErrorKind, Registry, Scripted};

/// What each provider was built with.
static BUILT: Mutex<Vec<(String, HttpConfig)>> = Mutex::new(Vec::new());

fn registry() -> Registry {
    let mut registry = Registry::new();
    registry.add(Entry::new(
        Vendor::new("noted", "Noted", "http://127.0.0.1"),
        |settings| {
            let id = settings.id.clone().expect("a name");
            let mut built = BUILT.lock().expect("nobody panics with it");
            built.push((id.to_string(), settings.http.clone()));
            Ok(Arc::new(Scripted::new().with_id(id)))
        },
    ));
    registry
}

fn built(text: &str) -> Vec<(String, HttpConfig)> {
    let config = Config::from_toml("router.toml", text).unwrap_or_else(|error| panic!("{error}"));
    BUILT.lock().expect("nobody panics with it").clear();
    let variables = |name: &str| (name == "PROXY").then(|| "http://127.0.0.1:3128".to_owned());
    let client = config.client_with(&registry(), &variables);
    client.unwrap_or_else(|error| panic!("{error}"));
    BUILT.lock().expect("nobody panics with it").clone()
}

#[tokio::test]
async fn every_setting_of_a_connection_can_be_set() {
    let all = r#"
        transport = "hyper"
        connect_timeout = "3s"
        pool_max_idle_per_host = 7
        pool_idle_timeout = "20s"
        max_connections = 50
        pool_wait_timeout = "2s"
        tcp_keepalive = "30s"
        http_version = "http1"
        proxy = "${PROXY}"
        system_proxy = true
        read_buffer_bytes = 1000
        max_response_bytes = 2000
        max_error_bytes = 3000
        max_frame_bytes = 4000
        job_timeout = "1m"
        user_agent = "mine"
    "#;
    let default = serde_json::to_value(HttpConfig::default()).expect("JSON");
    for field in default.as_object().expect("a table").keys() {
        assert!(all.contains(&format!(" {field} = ")), "{field} is not set here");
    }
    let found = built(&format!(
        "[http]\n{all}\n[providers.one]\ntype = \"noted\"\n\
         [providers.two]\ntype = \"noted\"\ntimeouts = {{ connect = \"1s\" }}\n\
         http = {{ max_connections = 5, transport = \"reqwest\" }}"
    ));
    let [(one, of_one), (two, of_two)] = &found[..] else {
        panic!("{found:?}");
    };
    assert_eq!((one.as_str(), two.as_str()), ("one", "two"));
    let mut expected = HttpConfig::default();
    expected.transport = Some(TransportKind::Hyper);
    expected.connect_timeout = Duration::from_secs(3);
    expected.pool_max_idle_per_host = 7;
    expected.pool_idle_timeout = Duration::from_secs(20);
    expected.max_connections = Some(50);
    expected.pool_wait_timeout = Duration::from_secs(2);
    expected.tcp_keepalive = Some(Duration::from_secs(30));
    expected.http_version = HttpVersion::Http1;
    expected.proxy = Some("http://127.0.0.1:3128".to_owned());
    expected.system_proxy = true;
    expected.read_buffer_bytes = 1000;
    expected.max_response_bytes = 2000;
    expected.max_error_bytes = 3000;
    expected.max_frame_bytes = 4000;
    expected.job_timeout = Duration::from_secs(60);
    expected.user_agent = "mine".to_owned();
    assert_eq!(*of_one, expected);
    // What one says goes before, and leaves the rest as it is.
    expected.max_connections = Some(5);
    expected.transport = Some(TransportKind::Reqwest);
    expected.connect_timeout = Duration::from_secs(1);
    assert_eq!(*of_two, expected);
}

#[test]
fn what_is_wrong_with_them_is_told_with_the_field() {
    for (text, words) in [
        ("[http]\npool = 5", &["router.toml:1", "unknown field `pool`"][..]),
        (
            "[http]\nmax_connections = 0",
            &["router.toml:1", "http.max_connections is 0"],
        ),
        (
            "[http]\nmax_connections = -1",
            &["router.toml:1", "max_connections"],
        ),
        (
            "[http]\nconnect_timeout = 5",
            &["router.toml:1", "connect_timeout"],
        ),
        (
            "[providers.one]\ntype = \"noted\"\nhttp = { max_frame_bytes = 0 }",
            &["router.toml:3", "http.max_frame_bytes is 0"],
        ),
        (
            "[providers.one]\ntype = \"noted\"\nhttp = { proxy = \"${UNSET}\" }",
            &["providers.one.http.proxy", "UNSET"],
        ),
    ] {
        let config = Config::from_toml("router.toml", text);
        let client = config.and_then(|config| config.client_with(&registry(), &|_| None));
        let error = client.map(drop).expect_err(text);
        assert_eq!(error.kind(), ErrorKind::Config);
        for word in words {
            assert!(error.message().contains(word), "{text}\n{error}\nlacks {word}");
        }
    }
}
