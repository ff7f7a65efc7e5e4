//! A Redis behind TLS, with a certificate that only a file names.

use router_conformance::redis::RedisServer;
use router_core::ErrorKind;
use router_redis::{Redis, RedisConfig, RedisError};

use crate::config;

#[tokio::test]
async fn a_certificate_that_a_file_names_is_trusted_and_others_are_not() {
    let Some(mut server) = RedisServer::start_with_tls() else {
        return;
    };
    let ping = router_redis::cmd("PING");
    let stranger = Redis::new(&config(server.tls_url())).expect("an address");
    assert_eq!(stranger.query::<String>(&ping).await, Err(RedisError::Down));
    while stranger.is_up() {
        let _ = stranger.query::<String>(&ping).await;
    }
    let failure = stranger.health().last_failure.expect("it was noted");
    assert!(failure.contains("certificate"), "{failure}");

    let known = Redis::new(&config(server.tls_url()).with_ca_file(server.certificate())).expect("an address");
    assert_eq!(known.query::<String>(&ping).await.as_deref(), Ok("PONG"));
    known.set("a", "b", None).await.expect("it is kept");
    let plain = server.command(&["GET", "a"]);
    assert_eq!(plain, "b", "the same server");

    // What breaks off is made anew, with the same trust.
    server.restart();
    for _ in 0..500 {
        if known.query::<String>(&ping).await.is_ok() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("it does not come back");
}

#[test]
fn what_cannot_be_trusted_is_refused_by_name() {
    let wrong = |url: &str, file: &str| {
        let error = Redis::new(&RedisConfig::new(url.to_owned()).with_ca_file(file)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        error.message().to_owned()
    };
    let secure = "rediss://127.0.0.1:6380";
    assert!(Redis::new(&RedisConfig::new(secure)).is_ok());
    let error = wrong(secure, "/nosuch/file");
    assert!(
        error.contains("redis.ca_file /nosuch/file cannot be read"),
        "{error}"
    );
    let error = wrong(secure, concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
    assert!(error.contains("holds no certificate"), "{error}");
    let Some(server) = RedisServer::start_with_tls() else {
        return;
    };
    let certificate = server.certificate();
    let error = wrong("redis://127.0.0.1:6379", &certificate.display().to_string());
    assert!(
        error.contains("redis.ca_file") && error.contains("rediss://"),
        "{error}"
    );
}
