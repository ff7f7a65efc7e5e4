//! async-openai, as its documentation shows.

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::types::chat::{
    ChatCompletionRequestAssistantMessage, ChatCompletionRequestMessage, ChatCompletionRequestUserMessage,
    CreateChatCompletionRequest, CreateChatCompletionRequestArgs,
};
use bench_harness::{Contender, canned};
use futures_util::StreamExt as _;

struct AsyncOpenai {
    client: Client<OpenAIConfig>,
}

fn request(messages: Vec<ChatCompletionRequestMessage>) -> CreateChatCompletionRequest {
    CreateChatCompletionRequestArgs::default()
        .model(canned::MODEL)
        .messages(messages)
        .build()
        .expect("a request")
}

fn question() -> CreateChatCompletionRequest {
    request(vec![
        ChatCompletionRequestUserMessage::from(canned::QUESTION).into(),
    ])
}

impl AsyncOpenai {
    async fn whole(&self, request: CreateChatCompletionRequest) -> usize {
        let answer = self.client.chat().create(request).await.expect("an answer");
        assert!(answer.usage.is_some());
        answer.choices[0].message.content.as_ref().map_or(0, String::len)
    }
}

impl Contender for AsyncOpenai {
    type History = Vec<String>;

    fn connect(base_url: &str) -> Self {
        let config = OpenAIConfig::new()
            .with_api_base(base_url)
            .with_api_key(canned::KEY);
        Self {
            client: Client::with_config(config),
        }
    }

    fn keep(texts: Vec<String>) -> Vec<String> {
        texts
    }

    async fn unary(&self) -> usize {
        self.whole(question()).await
    }

    async fn stream(&self) -> usize {
        let mut stream = self
            .client
            .chat()
            .create_stream(question())
            .await
            .expect("a stream");
        let mut length = 0;
        while let Some(chunk) = stream.next().await {
            for choice in chunk.expect("a chunk").choices {
                length += choice.delta.content.map_or(0, |text| text.len());
            }
        }
        length
    }

    async fn history(&self, history: &Vec<String>) -> usize {
        let message = |(at, text): (usize, &String)| match at % 2 {
            0 => ChatCompletionRequestUserMessage::from(text.as_str()).into(),
            _ => ChatCompletionRequestAssistantMessage::from(text.as_str()).into(),
        };
        self.whole(request(history.iter().enumerate().map(message).collect()))
            .await
    }
}

fn main() {
    bench_harness::run::<AsyncOpenai>();
}
