//! LLM API Router, on the transport that its feature names, bare or with the whole stack of layers around it.

#[cfg(not(feature = "stack"))]
mod bare;
#[cfg(feature = "stack")]
mod stack;

use bench_harness::Contender;
use llm_api_router::{ChatRequest, ChatResponse, FinishReason, Message, ProviderExt, StreamEvent, Text};

#[cfg(not(feature = "stack"))]
use bare as layers;
#[cfg(feature = "stack")]
use stack as layers;

struct Ours {
    provider: layers::Layered,
    asked: layers::Asked,
}

fn length(answer: &ChatResponse) -> usize {
    assert!(answer.usage.is_some());
    assert_eq!(answer.finish_reason(), Some(&FinishReason::Stop));
    answer.text().len()
}

impl Contender for Ours {
    type History = Vec<Text>;

    fn connect(base_url: &str) -> Self {
        Self {
            provider: layers::connect(base_url),
            asked: layers::Asked::default(),
        }
    }

    fn keep(texts: Vec<String>) -> Vec<Text> {
        texts.into_iter().map(Text::from).collect()
    }

    async fn unary(&self) -> usize {
        let answer = self.provider.chat(layers::MODEL, self.asked.question()).await;
        length(&answer.expect("an answer"))
    }

    async fn stream(&self) -> usize {
        let stream = self.provider.chat_stream(layers::MODEL, self.asked.question()).await;
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
        let mut messages = Vec::with_capacity(history.len() + 1);
        messages.extend(self.asked.more().map(Message::user));
        for turn in history.chunks(2) {
            messages.extend(turn.first().map(|text| Message::user(text.clone())));
            messages.extend(turn.get(1).map(|text| Message::assistant(text.clone())));
        }
        let answer = self
            .provider
            .chat(layers::MODEL, ChatRequest::new(messages))
            .await;
        length(&answer.expect("an answer"))
    }
}

fn main() {
    bench_harness::run::<Ours>();
}
