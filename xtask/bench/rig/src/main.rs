//! rig, as its documentation shows.

use bench_harness::{Contender, canned};
use futures_util::StreamExt as _;
use rig_core::Model;
use rig_core::completion::{CompletionRequest, Message};
use rig_core::providers::openai::OpenAIConfig;
use rig_core::providers::openai::wire::Chat;
use rig_core::streaming::{Item, StreamEvent};

struct Rig {
    model: Model<Chat>,
}

impl Rig {
    async fn whole(&self, request: CompletionRequest) -> usize {
        let answer = self.model.call(request).await.expect("an answer");
        assert!(answer.usage.output_tokens.is_some());
        answer.text().len()
    }
}

impl Contender for Rig {
    type History = Vec<String>;

    fn connect(base_url: &str) -> Self {
        let config = OpenAIConfig::new(canned::KEY).with_base_url(base_url);
        Self {
            model: config.client().chat(canned::MODEL),
        }
    }

    fn keep(texts: Vec<String>) -> Vec<String> {
        texts
    }

    async fn unary(&self) -> usize {
        self.whole(CompletionRequest::new(canned::QUESTION)).await
    }

    async fn stream(&self) -> usize {
        let stream = self.model.stream(CompletionRequest::new(canned::QUESTION));
        let mut stream = stream.expect("a stream");
        let mut length = 0;
        while let Some(item) = stream.next().await {
            if let Item::Event(StreamEvent::Text { text, .. }) = item.expect("an event") {
                length += text.len();
            }
        }
        length
    }

    async fn history(&self, history: &Vec<String>) -> usize {
        let message = |(at, text): (usize, &String)| match at % 2 {
            0 => Message::user(text),
            _ => Message::assistant(text),
        };
        let mut messages: Vec<Message> = history.iter().enumerate().map(message).collect();
        let last = messages.pop().expect("a history");
        self.whole(CompletionRequest::new(last).messages(messages)).await
    }
}

fn main() {
    bench_harness::run::<Rig>();
}
