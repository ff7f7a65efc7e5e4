//! What rides on a part: a vendor's signature, a mark for its cache, fields of the wire.

use serde::{Deserialize, Serialize};

use crate::extra::Extra;
use crate::model::ProviderId;
use crate::text::Text;

/// What rides on a part and belongs to it: signature, cache mark, and fields of the wire it came from.
///
/// One pointer when empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Riders(Option<Box<RiderData>>);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct RiderData {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signature: Option<Signature>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cache: Option<CacheMark>,
    #[serde(default, skip_serializing_if = "Extra::is_empty")]
    extra: Extra,
}

impl Riders {
    /// Nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }

    /// Whether nothing rides on the part.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The vendor's signature over the part.
    #[must_use]
    pub fn signature(&self) -> Option<&Signature> {
        self.0.as_ref().and_then(|data| data.signature.as_ref())
    }

    /// The cache mark on the part.
    #[must_use]
    pub fn cache(&self) -> Option<&CacheMark> {
        self.0.as_ref().and_then(|data| data.cache.as_ref())
    }

    /// Fields of the wire that the types here do not name.
    #[must_use]
    pub fn extra(&self) -> &Extra {
        static NONE: Extra = Extra::new();
        self.0.as_ref().map_or(&NONE, |data| &data.extra)
    }

    /// Sets or clears the signature.
    pub fn set_signature(&mut self, signature: Option<Signature>) {
        self.change(|data| data.signature = signature);
    }

    /// Sets or clears the cache mark.
    pub fn set_cache(&mut self, mark: Option<CacheMark>) {
        self.change(|data| data.cache = mark);
    }

    /// Sets or clears the fields of the wire.
    pub fn set_extra(&mut self, extra: Extra) {
        self.change(|data| data.extra = extra);
    }

    /// The riders with a signature.
    #[must_use]
    pub fn with_signature(mut self, signature: Signature) -> Self {
        self.set_signature(Some(signature));
        self
    }

    /// The riders with a cache mark.
    #[must_use]
    pub fn with_cache(mut self, mark: CacheMark) -> Self {
        self.set_cache(Some(mark));
        self
    }

    /// The riders with fields of a wire.
    #[must_use]
    pub fn with_extra(mut self, extra: Extra) -> Self {
        self.set_extra(extra);
        self
    }

    /// Takes over what `other` has and this has not; of what both have, `other` wins.
    pub fn merge(&mut self, other: Self) {
        let Some(other) = other.0 else { return };
        self.change(|data| {
            data.signature = other.signature.or(data.signature.take());
            data.cache = other.cache.or(data.cache.take());
            if !other.extra.is_empty() {
                data.extra = other.extra;
            }
        });
    }

    fn change(&mut self, change: impl FnOnce(&mut RiderData)) {
        let mut data = self.0.take().unwrap_or_default();
        change(&mut data);
        if *data != RiderData::default() {
            self.0 = Some(data);
        }
    }
}

/// Opaque bytes that a vendor put on a part and wants back unchanged: a signature over reasoning, encrypted reasoning,
/// a thought signature on a tool call.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Signature {
    /// Who made it; only this vendor gets it back.
    pub provider: ProviderId,
    /// The signature as the vendor wrote it.
    pub data: Text,
}

impl Signature {
    /// A signature made by `provider`.
    #[must_use]
    pub fn new(provider: impl Into<ProviderId>, data: impl Into<Text>) -> Self {
        Self {
            provider: provider.into(),
            data: data.into(),
        }
    }
}

/// Marks the end of a prompt prefix that the vendor should keep.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CacheMark {
    /// How long, in the vendor's words (`5m`, `1h`); the vendor's default when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<Text>,
}

impl CacheMark {
    /// A mark with the vendor's default life time.
    #[must_use]
    pub const fn new() -> Self {
        Self { ttl: None }
    }

    /// A mark with a life time.
    #[must_use]
    pub fn with_ttl(ttl: impl Into<Text>) -> Self {
        Self {
            ttl: Some(ttl.into()),
        }
    }
}
