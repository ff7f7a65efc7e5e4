//! What was dropped or changed on the way to a vendor.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text::Text;

/// A setting that a vendor cannot honour, and what became of it. Never silent: it rides on the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Warning {
    /// What happened.
    pub kind: WarningKind,
    /// The setting, by its name in this library: `top_k`, `tool_choice`, `messages[3].content[0].signature`.
    pub setting: Text,
    /// One sentence for people.
    pub message: Text,
}

/// What became of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WarningKind {
    /// Left out of the request.
    Dropped,
    /// Sent with another value.
    Changed,
    /// Sent in another form that the vendor may treat differently.
    Emulated,
}

impl Warning {
    /// A setting that was left out.
    #[must_use]
    pub fn dropped(setting: impl Into<Text>, message: impl Into<Text>) -> Self {
        Self {
            kind: WarningKind::Dropped,
            setting: setting.into(),
            message: message.into(),
        }
    }

    /// A setting that was sent with another value.
    #[must_use]
    pub fn changed(setting: impl Into<Text>, message: impl Into<Text>) -> Self {
        Self {
            kind: WarningKind::Changed,
            setting: setting.into(),
            message: message.into(),
        }
    }

    /// A setting that was expressed in another way.
    #[must_use]
    pub fn emulated(setting: impl Into<Text>, message: impl Into<Text>) -> Self {
        Self {
            kind: WarningKind::Emulated,
            setting: setting.into(),
            message: message.into(),
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.kind {
            WarningKind::Dropped => "dropped",
            WarningKind::Changed => "changed",
            WarningKind::Emulated => "emulated",
        };
        write!(f, "{} {verb}: {}", self.setting, self.message)
    }
}
