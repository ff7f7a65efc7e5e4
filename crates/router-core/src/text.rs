//! Text that a request or an answer carries: cheap to clone, and a delta can be a slice of the frame it came in.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::ops::Deref;

use bytes::Bytes;
use bytestring::ByteString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Shared, immutable UTF-8.
///
/// Cloning bumps a counter. A `Text` made from a `&'static str` or with [`Text::slice_ref`] allocates nothing;
/// one made with `slice_ref` keeps the buffer it points into alive, so whoever stores deltas for long
/// (a recorder, a cache) calls [`Text::detach`].
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text(ByteString);

impl Text {
    /// The empty text.
    #[must_use]
    pub const fn new() -> Self {
        Self(ByteString::from_static(""))
    }

    /// A text that borrows a constant.
    #[must_use]
    pub const fn from_static(text: &'static str) -> Self {
        Self(ByteString::from_static(text))
    }

    /// The bytes as text, without copying them.
    ///
    /// # Errors
    /// The bytes are given back when they are not UTF-8.
    pub fn from_utf8(bytes: Bytes) -> Result<Self, Bytes> {
        ByteString::try_from(bytes.clone()).map(Self).map_err(|_| bytes)
    }

    /// The text as a string slice.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A text for a part of this one, sharing its buffer.
    ///
    /// # Panics
    /// When `part` does not point into this text, as [`Bytes::slice_ref`] does.
    #[must_use]
    pub fn slice_ref(&self, part: &str) -> Self {
        if part.is_empty() {
            Self::new()
        } else {
            Self(self.0.slice_ref(part))
        }
    }

    /// The text of a borrowed or owned piece of this one: shared when borrowed, moved when owned.
    #[must_use]
    pub fn slice_cow(&self, part: Cow<'_, str>) -> Self {
        match part {
            Cow::Borrowed(part) => self.slice_ref(part),
            Cow::Owned(part) => Self::from(part),
        }
    }

    /// A copy that owns just its own bytes, releasing the buffer it was cut from.
    #[must_use]
    pub fn detach(&self) -> Self {
        Self::from(self.as_str())
    }

    /// The bytes, shared.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.0.into_bytes()
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(ByteString::from(text.to_owned()))
    }
}

impl From<String> for Text {
    /// In a program once, and not at each of a hundred places.
    #[inline(never)]
    fn from(text: String) -> Self {
        Self(ByteString::from(text))
    }
}

impl From<&String> for Text {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<&Text> for Text {
    fn from(text: &Text) -> Self {
        text.clone()
    }
}

impl From<Cow<'_, str>> for Text {
    fn from(text: Cow<'_, str>) -> Self {
        Self::from(text.into_owned())
    }
}

impl From<&Cow<'static, str>> for Text {
    /// Allocates nothing for a constant.
    fn from(text: &Cow<'static, str>) -> Self {
        match text {
            Cow::Borrowed(text) => Self::from_static(text),
            Cow::Owned(text) => Self::from(text.as_str()),
        }
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.as_str().to_owned()
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialEq<String> for Text {
    fn eq(&self, other: &String) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}
