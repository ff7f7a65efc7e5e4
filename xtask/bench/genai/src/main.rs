//! genai, as its documentation shows.

use bench_harness::{Contender, canned};
use futures_util::StreamExt as _;
use genai::adapter::AdapterKind;
use genai::chat::{ChatMessage, ChatRequest, ChatStreamEvent};
use genai::resolver::{AuthData, Endpoint, ServiceTargetResolver};
use genai::{Client, ModelIden, ServiceTarget};

struct Genai {
    client: Client,
}

impl Genai {
    async fn whole(&self, request: ChatRequest) -> usize {
        let answer = self
            .client
            .exec_chat(canned::MODEL, request, None)
            .await
            .expect("an answer");
        assert!(answer.usage.prompt_tokens.is_some());
        answer.first_text().map_or(0, str::len)
    }
}

impl Contender for Genai {
    type History = Vec<String>;

    fn connect(base_url: &str) -> Self {
        let base_url = format!("{base_url}/");
        let resolver = ServiceTargetResolver::from_resolver_fn(
            move |target: ServiceTarget| -> Result<ServiceTarget, genai::resolver::Error> {
                Ok(ServiceTarget {
                    endpoint: Endpoint::from_owned(base_url.clone()),
                    auth: AuthData::from_single(canned::KEY),
                    model: ModelIden::new(AdapterKind::OpenAI, target.model.model_name),
                })
            },
        );
        Self {
            client: Client::builder()
                .with_service_target_resolver(resolver)
                .build()
                .expect("a client"),
        }
    }

    fn keep(texts: Vec<String>) -> Vec<String> {
        texts
    }

    async fn unary(&self) -> usize {
        self.whole(ChatRequest::from_user(canned::QUESTION)).await
    }

    async fn stream(&self) -> usize {
        let request = ChatRequest::from_user(canned::QUESTION);
        let answer = self.client.exec_chat_stream(canned::MODEL, request, None).await;
        let mut stream = answer.expect("a stream").stream;
        let mut length = 0;
        while let Some(event) = stream.next().await {
            if let ChatStreamEvent::Chunk(chunk) = event.expect("an event") {
                length += chunk.content.len();
            }
        }
        length
    }

    async fn history(&self, history: &Vec<String>) -> usize {
        let message = |(at, text): (usize, &String)| match at % 2 {
            0 => ChatMessage::user(text),
            _ => ChatMessage::assistant(text),
        };
        let messages = history.iter().enumerate().map(message).collect();
        self.whole(ChatRequest::new(messages)).await
    }
}

fn main() {
    bench_harness::run::<Genai>();
}
