//! hyper, the types written by hand: the least that a call can cost.

use bench_harness::by_hand::{Events, Request, Whole};
use bench_harness::{Contender, canned};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

struct Hyper {
    client: Client<HttpConnector, Full<Bytes>>,
    url: String,
}

impl Hyper {
    async fn send(&self, request: &Request<'_>) -> Incoming {
        let body = serde_json::to_vec(request).expect("JSON");
        let request = hyper::Request::post(self.url.as_str())
            .header(CONTENT_TYPE, "application/json")
            .header(AUTHORIZATION, format!("Bearer {}", canned::KEY))
            .body(Full::new(Bytes::from(body)))
            .expect("a request");
        let response = self.client.request(request).await.expect("a response");
        assert!(response.status().is_success());
        response.into_body()
    }

    async fn whole(&self, request: &Request<'_>) -> usize {
        let body = self
            .send(request)
            .await
            .collect()
            .await
            .expect("a body")
            .to_bytes();
        let whole: Whole = serde_json::from_slice(&body).expect("an answer");
        whole.length()
    }
}

impl Contender for Hyper {
    type History = Vec<String>;

    fn connect(base_url: &str) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            url: format!("{base_url}/chat/completions"),
        }
    }

    fn keep(texts: Vec<String>) -> Vec<String> {
        texts
    }

    async fn unary(&self) -> usize {
        self.whole(&Request::question(canned::QUESTION, false)).await
    }

    async fn stream(&self) -> usize {
        let mut body = self.send(&Request::question(canned::QUESTION, true)).await;
        let mut events = Events::default();
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame.expect("a frame").into_data() {
                events.push(&data);
            }
        }
        events.length()
    }

    async fn history(&self, history: &Vec<String>) -> usize {
        self.whole(&Request::conversation(history)).await
    }
}

fn main() {
    bench_harness::run::<Hyper>();
}
