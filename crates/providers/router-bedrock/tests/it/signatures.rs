//! Signatures against published vectors, and what is signed of a request.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use router_bedrock::credentials::Credentials;
use router_bedrock::signature::sign;
use router_http::TransportRequest;
use serde_json::Value;

/// Seconds since 1970 of a time like `20260115T123456Z`.
fn time_of(text: &str) -> SystemTime {
    let number = |range: std::ops::Range<usize>| text[range].parse::<u64>().expect("digits");
    let (year, month, day) = (number(0..4), number(4..6), number(6..8));
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let years: u64 = (1970..year).map(|year| 365 + u64::from(leap(year))).sum();
    let months = [
        31,
        28 + u64::from(leap(year)),
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    let days = years + months[..month as usize - 1].iter().sum::<u64>() + day - 1;
    let seconds = days * 86_400 + number(9..11) * 3600 + number(11..13) * 60 + number(13..15);
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn header<'a>(request: &'a TransportRequest, name: &str) -> Option<&'a str> {
    request
        .headers
        .get(name)
        .map(|value| value.to_str().expect("text"))
}

#[test]
fn published_vectors() {
    let Some(folder) = std::env::var_os("ROUTER_SPECS") else {
        println!("skipped: ROUTER_SPECS not set");
        return;
    };
    let path = std::path::Path::new(&folder).join("aws/sigv4-bedrock-vectors.json");
    let file: Value = serde_json::from_slice(&std::fs::read(path).expect("vectors")).expect("JSON");
    let vectors = file["vectors"].as_array().expect("a list");
    assert!(vectors.len() >= 8);
    let mut signed = 0;
    for vector in vectors {
        let word = |name: &str| vector[name].as_str();
        let name = word("name").expect("a name");
        if word("service") != Some("bedrock") {
            println!("skipped: {name} is of the service {:?}", word("service"));
            continue;
        }
        let mut headers = HeaderMap::new();
        for (name, value) in vector["request_headers"].as_object().expect("headers") {
            headers.insert(
                HeaderName::from_bytes(name.as_bytes()).expect("a name"),
                HeaderValue::from_str(value.as_str().expect("text")).expect("a value"),
            );
        }
        let method: Method = word("method").expect("a method").parse().expect("a method");
        let url = word("url").expect("an address").to_owned();
        let body = Bytes::from(word("body").unwrap_or_default().to_owned());
        let mut request = TransportRequest::new(method, url, headers, body);
        let mut credentials = Credentials::new(
            word("access_key_id").expect("an id"),
            word("secret_access_key").expect("a secret"),
        );
        if let Some(token) = word("session_token") {
            credentials = credentials.with_session_token(token);
        }
        let time = time_of(word("timestamp").expect("a time"));
        let region = word("region").expect("a region");
        // What an earlier attempt left behind is replaced.
        sign(&mut request, &credentials, region, SystemTime::UNIX_EPOCH).expect("a signature");
        sign(&mut request, &credentials, region, time).expect("a signature");
        assert_eq!(header(&request, "authorization"), word("authorization"), "{name}");
        assert_eq!(header(&request, "x-amz-date"), word("x_amz_date"), "{name}");
        assert_eq!(
            header(&request, "x-amz-security-token"),
            word("x_amz_security_token"),
            "{name}"
        );
        if let Some(model) = word("model_id").filter(|_| word("path_encoding") == Some("strict")) {
            let call = router_core::Call::new(model, router_core::ChatRequest::user("Hello"));
            let path = crate::side::encode(&call).path;
            assert!(
                request.url.contains(path.trim_end_matches("/converse")),
                "{name}: {path}"
            );
        }
        signed += 1;
    }
    assert!(signed >= 7, "only {signed} were signed");
}

#[test]
fn only_headers_of_the_service_are_signed() {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    headers.insert("user-agent", HeaderValue::from_static("x"));
    headers.insert("traceparent", HeaderValue::from_static("00-1"));
    let url = "http://127.0.0.1:5060/model/m/converse".to_owned();
    let mut request = TransportRequest::new(Method::POST, url, headers, Bytes::from_static(b"{}"));
    let credentials = Credentials::new("AKID", "secret-that-nobody-sees").with_session_token("token");
    sign(&mut request, &credentials, "us-east-1", SystemTime::UNIX_EPOCH).expect("a signature");
    let authorization = header(&request, "authorization").expect("a signature");
    assert!(
        authorization.contains("SignedHeaders=content-type;host;x-amz-date;x-amz-security-token,"),
        "{authorization}"
    );
    let shown = format!("{request:?} {credentials:?} {:?}", request.headers);
    assert!(
        !shown.contains("secret-that-nobody-sees") && !shown.contains("\"token\""),
        "{shown}"
    );
}
