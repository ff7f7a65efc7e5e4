//! reqwest, the types written by hand: what an application without any library does.

use bench_harness::by_hand::{Events, Request, Whole};
use bench_harness::{Contender, canned};
use reqwest::{Client, Response};

struct Reqwest {
    client: Client,
    url: String,
}

impl Reqwest {
    async fn send(&self, request: &Request<'_>) -> Response {
        let request = self.client.post(&self.url).bearer_auth(canned::KEY).json(request);
        let response = request.send().await.expect("a response");
        response.error_for_status().expect("success")
    }

    async fn whole(&self, request: &Request<'_>) -> usize {
        let whole: Whole = self.send(request).await.json().await.expect("an answer");
        whole.length()
    }
}

impl Contender for Reqwest {
    type History = Vec<String>;

    fn connect(base_url: &str) -> Self {
        // No provider of cryptography is built in, as in ours; none is needed here.
        let roots = rustls::RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        let provider = rustls::crypto::ring::default_provider();
        let tls = rustls::ClientConfig::builder_with_provider(provider.into())
            .with_safe_default_protocol_versions()
            .expect("TLS")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self {
            client: Client::builder()
                .tls_backend_preconfigured(tls)
                .build()
                .expect("a client"),
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
        let mut response = self.send(&Request::question(canned::QUESTION, true)).await;
        let mut events = Events::default();
        while let Some(piece) = response.chunk().await.expect("a piece") {
            events.push(&piece);
        }
        events.length()
    }

    async fn history(&self, history: &Vec<String>) -> usize {
        self.whole(&Request::conversation(history)).await
    }
}

fn main() {
    bench_harness::run::<Reqwest>();
}
