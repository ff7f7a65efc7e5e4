//! The types that one would write by hand for these three calls, and the reading of frames.

use serde::{Deserialize, Serialize};

/// A chat request that borrows everything.
#[derive(Serialize)]
pub struct Request<'a> {
    pub model: &'a str,
    pub messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub stream: bool,
}

/// A message of it.
#[derive(Serialize)]
pub struct Message<'a> {
    pub role: &'static str,
    pub content: &'a str,
}

/// A whole answer.
#[derive(Deserialize)]
pub struct Whole {
    pub choices: Vec<WholeChoice>,
    pub usage: Usage,
}

/// A choice of it.
#[derive(Deserialize)]
pub struct WholeChoice {
    pub message: Answer,
    pub finish_reason: Option<String>,
}

/// What was said.
#[derive(Deserialize)]
pub struct Answer {
    pub content: Option<String>,
}

/// Tokens.
#[derive(Deserialize)]
pub struct Usage {
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
}

/// A chunk of a stream.
#[derive(Deserialize)]
pub struct Chunk {
    pub choices: Vec<ChunkChoice>,
    pub usage: Option<Usage>,
}

/// A choice of it.
#[derive(Deserialize)]
pub struct ChunkChoice {
    pub delta: Answer,
    pub finish_reason: Option<String>,
}

impl<'a> Request<'a> {
    /// A question.
    pub fn question(text: &'a str, stream: bool) -> Self {
        Self {
            model: crate::canned::MODEL,
            messages: vec![Message {
                role: "user",
                content: text,
            }],
            stream,
        }
    }

    /// A conversation, user and assistant in turn.
    pub fn conversation(texts: &'a [String]) -> Self {
        let roles = ["user", "assistant"].into_iter().cycle();
        Self {
            model: crate::canned::MODEL,
            messages: texts
                .iter()
                .zip(roles)
                .map(|(content, role)| Message { role, content })
                .collect(),
            stream: false,
        }
    }
}

impl Whole {
    /// The length of the text of a complete answer.
    pub fn length(self) -> usize {
        assert!(self.usage.prompt_tokens + self.usage.completion_tokens > 0);
        let choice = &self.choices[0];
        assert_eq!(choice.finish_reason.as_deref(), Some("stop"));
        choice.message.content.as_ref().map_or(0, String::len)
    }
}

/// Reads events as they come, and adds up the lengths of their texts.
#[derive(Default)]
pub struct Events {
    buffer: Vec<u8>,
    length: usize,
    finished: bool,
}

impl Events {
    /// Reads what has come.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
        let mut read = 0;
        while let Some(end) = memchr::memmem::find(&self.buffer[read..], b"\n\n") {
            let event = &self.buffer[read..read + end];
            read += end + 2;
            let Some(data) = event.strip_prefix(b"data: ") else {
                continue;
            };
            if data == b"[DONE]" {
                self.finished = true;
                continue;
            }
            let chunk: Chunk = serde_json::from_slice(data).expect("a chunk");
            for choice in chunk.choices {
                self.length += choice.delta.content.map_or(0, |text| text.len());
            }
        }
        self.buffer.drain(..read);
    }

    /// The length of all texts of a complete answer.
    pub fn length(self) -> usize {
        assert!(self.finished);
        self.length
    }
}
