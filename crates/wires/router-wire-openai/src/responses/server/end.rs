//! How a response ends, and what stands in it besides its items.

use router_core::{Error, Extra, FinishReason, Json, Text, Usage};
use router_wire::write::extra_fields;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::json::Counts;
use crate::chat::server::tier_word;
use crate::responses::WIRE;

/// How a response ends: its status, with the reason or the error where there is one.
#[derive(Clone, Debug)]
pub(super) enum End {
    InProgress,
    Completed,
    /// The answer was cut, for this reason.
    Incomplete(Text),
    /// A status that only this wire has.
    Other(Text),
    Failed {
        code: Text,
        message: Text,
    },
}

impl End {
    /// The end for a reason. A refusal is a complete answer of this wire.
    pub(super) fn of(reason: &FinishReason, raw: Option<&Text>, refused: bool) -> Self {
        match (reason, raw.map(Text::as_str)) {
            (FinishReason::Length, _) => Self::Incomplete(Text::from_static("max_output_tokens")),
            (FinishReason::ContentFilter, _) if !refused => {
                Self::Incomplete(Text::from_static("content_filter"))
            }
            (FinishReason::Error, _) => Self::Failed {
                code: Text::from_static("server_error"),
                message: Text::from_static("the model ended its answer with an error"),
            },
            (FinishReason::Other(word), Some("max_messages" | "steered")) => Self::Incomplete(word.clone()),
            (FinishReason::Other(word), Some("cancelled" | "queued")) => Self::Other(word.clone()),
            _ => Self::Completed,
        }
    }

    pub(super) fn failed(error: &Error) -> Self {
        let code = crate::error::code_of(error).unwrap_or("server_error");
        Self::Failed {
            code: Text::from(code),
            message: Text::from(error.shown_message()),
        }
    }

    pub(super) fn status(&self) -> &str {
        match self {
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Incomplete(_) => "incomplete",
            Self::Other(status) => status,
            Self::Failed { .. } => "failed",
        }
    }

    /// The status of an item that is open when the response ends.
    pub(super) fn of_item(&self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Incomplete(_) | Self::Failed { .. } => "incomplete",
            _ => "completed",
        }
    }

    /// The last event of a stream.
    pub(super) fn event(&self) -> &'static str {
        match self {
            Self::Incomplete(_) => "response.incomplete",
            Self::Failed { .. } => "response.failed",
            _ => "response.completed",
        }
    }
}

/// A response. What a request asked for is told again, as the vendor's own answers do.
pub(super) struct Response<'a> {
    pub(super) id: &'a str,
    pub(super) created: i64,
    pub(super) model: &'a str,
    pub(super) end: &'a End,
    pub(super) items: &'a [Json],
    pub(super) asked: &'a Extra,
    pub(super) usage: Option<&'a Usage>,
    pub(super) service_tier: Option<&'a Text>,
    pub(super) extra: &'a Extra,
}

const TIERS: &[&str] = &[
    "auto",
    "default",
    "flex",
    "scale",
    "priority",
    "fast",
    "ultrafast",
];

/// Fields that every response has, where the request does not name them.
const USUAL: &[(&str, &str)] = &[
    ("instructions", "null"),
    ("metadata", "{}"),
    ("parallel_tool_calls", "true"),
    ("temperature", "null"),
    ("tool_choice", "\"auto\""),
    ("tools", "[]"),
    ("top_p", "null"),
];

impl Serialize for Response<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Failure<'a> {
            code: &'a Text,
            message: &'a Text,
        }
        #[derive(Serialize)]
        struct Why<'a> {
            reason: &'a Text,
        }
        let (error, why) = match self.end {
            End::Failed { code, message } => (Some(Failure { code, message }), None),
            End::Incomplete(reason) => (None, Some(Why { reason })),
            _ => (None, None),
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", self.id)?;
        map.serialize_entry("object", "response")?;
        map.serialize_entry("created_at", &self.created)?;
        map.serialize_entry("status", self.end.status())?;
        map.serialize_entry("error", &error)?;
        map.serialize_entry("incomplete_details", &why)?;
        map.serialize_entry("model", self.model)?;
        let items = self.items.iter().filter(|item| **item != Json::null());
        map.serialize_entry("output", &Items(items))?;
        // Clients of this API refuse words that it has not.
        let tier = self.service_tier.map(tier_word);
        if let Some(tier) = tier.filter(|tier| TIERS.contains(tier)) {
            map.serialize_entry("service_tier", tier)?;
        }
        let told = |name: &str| self.extra.get(WIRE, name).is_some();
        for (name, value) in self.asked.for_wire(WIRE).iter().filter(|(name, _)| !told(name)) {
            map.serialize_entry(name.as_str(), value)?;
        }
        for (name, value) in USUAL {
            if !told(name) && self.asked.get(WIRE, name).is_none() {
                let value: &serde_json::value::RawValue =
                    serde_json::from_str(value).map_err(serde::ser::Error::custom)?;
                map.serialize_entry(name, value)?;
            }
        }
        extra_fields(&mut map, self.extra, WIRE)?;
        map.serialize_entry("usage", &self.usage.map(Counts))?;
        map.end()
    }
}

struct Items<I>(I);

impl<'a, I: Iterator<Item = &'a Json> + Clone> Serialize for Items<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.clone())
    }
}
