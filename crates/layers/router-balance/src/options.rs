//! What one call asks of the balancers on its way.

use router_core::Text;

/// What one call asks of the balancers on its way; put it into the call's context with
/// [`Context::with_extension`](router_core::Context::with_extension).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BalanceOptions {
    /// Whether the target chosen first is the only one: when it fails, so does the call, and who tries again gets the same
    /// target. Keys of a [`KeyPool`](crate::KeyPool) are still changed.
    pub without_fallbacks: bool,
    /// The name of the target to go to, and to no other.
    pub target: Option<Text>,
    /// Calls of one key go to one target, in the place of the key that the balancer's own setting would take.
    pub sticky_key: Option<Text>,
}

impl BalanceOptions {
    /// Nothing special.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With the target chosen first, or none.
    #[must_use]
    pub fn without_fallbacks(mut self) -> Self {
        self.without_fallbacks = true;
        self
    }

    /// To one target, by its name.
    #[must_use]
    pub fn to_target(mut self, name: impl Into<Text>) -> Self {
        self.target = Some(name.into());
        self
    }

    /// To the target where calls of this key go.
    #[must_use]
    pub fn with_sticky_key(mut self, key: impl Into<Text>) -> Self {
        self.sticky_key = Some(key.into());
        self
    }
}
