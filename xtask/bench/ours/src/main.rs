//! LLM API Router, on the transport that its feature names.

use bench_harness::{Contender, canned};
use llm_api_router::openai::OpenAi;
use llm_api_router::{ChatRequest, ChatResponse, FinishReason, Message, ProviderExt, StreamEvent, Text};

struct Ours {
    provider: OpenAi,
}

fn length(answer: &ChatResponse) -> usize {
    assert!(answer.usage.is_some());
    assert_eq!(answer.finish_reason(), Some(&FinishReason::Stop));
    answer.text().len()
}

impl Contender for Ours {
    type History = Vec<Text>;

    fn connect(base_url: &str) -> Self {
        let provider = OpenAi::builder()
            .base_url(base_url)
            .api_key(canned::KEY)
            .build()
            .expect("a provider");
        Self { provider }
    }

    fn keep(texts: Vec<String>) -> Vec<Text> {
        texts.into_iter().map(Text::from).collect()
    }

    async fn unary(&self) -> usize {
        let answer = self.provider.chat(canned::MODEL, canned::QUESTION).await;
        length(&answer.expect("an answer"))
    }

    async fn stream(&self) -> usize {
        let stream = self.provider.chat_stream(canned::MODEL, canned::QUESTION).await;
        let mut stream = stream.expect("a stream").into_value();
        let (mut length, mut finished) = (0, false);
        while let Some(event) = stream.next().await {
            match event.expect("an event") {
                StreamEvent::TextDelta { text, .. } => length += text.len(),
                StreamEvent::Finish(_) => finished = true,
                _ => {}
            }
        }
        assert!(finished);
        length
    }

    async fn history(&self, history: &Vec<Text>) -> usize {
        let mut messages = Vec::with_capacity(history.len());
        for turn in history.chunks(2) {
            messages.extend(turn.first().map(|text| Message::user(text.clone())));
            messages.extend(turn.get(1).map(|text| Message::assistant(text.clone())));
        }
        let answer = self
            .provider
            .chat(canned::MODEL, ChatRequest::new(messages))
            .await;
        length(&answer.expect("an answer"))
    }
}

fn main() {
    bench_harness::run::<Ours>();
}
