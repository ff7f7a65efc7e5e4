//! Log probabilities, which both chat APIs tell in the same form.

use std::borrow::Cow;

use router_core::chat::TokenLogprob;
use router_wire::fill::{self, Fill};
use router_wire::lenient::{List, Num, Str};
use serde::de::MapAccess;

#[derive(Debug, Default)]
pub(crate) struct Token<'a> {
    token: Str<'a>,
    logprob: Num,
    bytes: List<Num>,
    top_logprobs: Vec<Token<'a>>,
}

impl<'a> Fill<'a> for Token<'a> {
    fn field<A: MapAccess<'a>>(&mut self, name: Cow<'a, str>, map: &mut A) -> Result<(), A::Error> {
        match &*name {
            "token" => self.token = map.next_value()?,
            "logprob" => self.logprob = map.next_value()?,
            "bytes" => self.bytes = map.next_value()?,
            "top_logprobs" => fill::list(map, &mut self.top_logprobs)?,
            _ => fill::skip(map)?,
        }
        Ok(())
    }
}

pub(crate) fn read(list: Vec<Token<'_>>) -> Vec<TokenLogprob> {
    let token = |wire: Token<'_>| {
        let mut token = TokenLogprob::new(
            wire.token.0.unwrap_or_default(),
            wire.logprob.0.unwrap_or_default(),
        );
        if !wire.bytes.0.is_empty() {
            let bytes = wire.bytes.0.iter().filter_map(|byte| byte.count());
            token.bytes = Some(bytes.map(|byte| byte as u8).collect());
        }
        token.top = read(wire.top_logprobs);
        token
    };
    list.into_iter().map(token).collect()
}

/// A list of tokens as chat completions have it.
#[cfg(feature = "server")]
pub(crate) struct ChatTokens<'a>(pub(crate) &'a [TokenLogprob]);

#[cfg(feature = "server")]
impl serde::Serialize for ChatTokens<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct One<'a> {
            token: &'a str,
            logprob: f64,
            bytes: Option<&'a [u8]>,
            top_logprobs: ChatTokens<'a>,
        }
        serializer.collect_seq(self.0.iter().map(|token| One {
            token: &token.token,
            logprob: token.logprob,
            bytes: token.bytes.as_deref(),
            top_logprobs: ChatTokens(&token.top),
        }))
    }
}

/// The same as the Responses API has it: the bytes are always told, and alternatives have none of their own.
#[cfg(feature = "server")]
pub(crate) struct ResponseTokens<'a>(pub(crate) &'a [TokenLogprob]);

#[cfg(feature = "server")]
impl serde::Serialize for ResponseTokens<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct One<'a> {
            token: &'a str,
            logprob: f64,
            bytes: &'a [u8],
            #[serde(skip_serializing_if = "Option::is_none")]
            top_logprobs: Option<Vec<One<'a>>>,
        }
        fn one(token: &TokenLogprob) -> One<'_> {
            One {
                token: &token.token,
                logprob: token.logprob,
                bytes: token.bytes.as_deref().unwrap_or(token.token.as_bytes()),
                top_logprobs: None,
            }
        }
        serializer.collect_seq(self.0.iter().map(|token| One {
            top_logprobs: Some(token.top.iter().map(one).collect()),
            ..one(token)
        }))
    }
}
