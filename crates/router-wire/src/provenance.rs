//! Whose signature or opaque part it is: only its maker gets it back, also when it travelled over another vendor's wire.

use std::borrow::Cow;

use router_core::content::Opaque;
use router_core::{ContentPart, ProviderId, Result, Signature, Text};

use crate::warnings::Warnings;

/// Marks a signature that was made by another vendor than the one whose wire it is on.
const SEAL: &str = "llm-router:";

/// Who speaks a wire: the ids whose signatures and opaque parts may be sent.
#[derive(Clone, Debug)]
pub struct Speaker {
    provider: ProviderId,
    wire: &'static str,
    maker: Option<ProviderId>,
    signed: &'static str,
}

impl Speaker {
    /// `provider` on the wire `wire`, named after the vendor that owns it: `anthropic`, `gemini`, `openai`.
    #[must_use]
    pub fn new(provider: ProviderId, wire: &'static str) -> Self {
        Self {
            provider,
            wire,
            maker: None,
            signed: wire,
        }
    }

    /// With another name than the wire's for signatures that came over it without their maker's: for a wire that many sign on, so
    /// that what the vendor signed whose name it bears is not taken for anybody's.
    #[must_use]
    pub fn with_signed(mut self, name: &'static str) -> Self {
        self.signed = name;
        self
    }

    /// With another maker than the provider: for a provider that speaks several wires, so that what was made on one is not sent
    /// on another, and for one whose parts its wire's owner takes as well.
    #[must_use]
    pub fn with_maker(mut self, maker: impl Into<ProviderId>) -> Self {
        self.maker = Some(maker.into());
        self
    }

    /// The id that signatures and opaque parts bear which are made here.
    #[must_use]
    pub fn maker(&self) -> &ProviderId {
        self.maker.as_ref().unwrap_or(&self.provider)
    }

    /// The provider's id.
    #[must_use]
    pub fn provider(&self) -> &ProviderId {
        &self.provider
    }

    /// Whether something made by `maker` may be sent: made here, or read from this wire without a maker's name.
    #[must_use]
    pub fn accepts(&self, maker: &ProviderId) -> bool {
        maker == self.maker() || *maker == *self.wire
    }

    /// The signature's data, when it may be sent.
    #[must_use]
    pub fn signature<'a>(&self, signature: &'a Signature) -> Option<&'a Text> {
        let maker = &signature.provider;
        (maker == self.maker() || *maker == *self.signed).then_some(&signature.data)
    }

    /// Says that a signature on a text, a call or media is left out, as another vendor made it. Of reasoning, the wire says
    /// whether it goes back at all.
    ///
    /// # Errors
    /// `Unsupported` when the caller asked for strictness.
    pub fn check_signature(&self, part: &ContentPart, warnings: &mut Warnings) -> Result<()> {
        let rides = matches!(
            part,
            ContentPart::Text(_) | ContentPart::ToolCall(_) | ContentPart::Media(_)
        );
        let signature = part
            .riders()
            .filter(|_| rides)
            .and_then(|riders| riders.signature());
        match signature {
            Some(signature) if self.signature(signature).is_none() => warnings.dropped(
                "messages.signature",
                "a signature goes back only to the vendor that made it",
            ),
            _ => Ok(()),
        }
    }

    /// The opaque part, when it may be sent.
    #[must_use]
    pub fn opaque<'a>(&self, part: &'a Opaque) -> Option<&'a Opaque> {
        self.accepts(&part.provider).then_some(part)
    }
}

/// The signature as a server writes it on the wire `wire`: bare when it was made for that wire, else with its maker's name
/// in front, so that [`unseal`] finds the maker again.
#[must_use]
pub fn seal<'a>(signature: &'a Signature, wire: &str) -> Cow<'a, str> {
    if signature.provider == *wire {
        Cow::Borrowed(signature.data.as_str())
    } else {
        Cow::Owned(format!("{SEAL}{}:{}", signature.provider, signature.data))
    }
}

/// The signature that a client sent back on the wire `wire`.
#[must_use]
pub fn unseal(data: &Text, wire: &str) -> Signature {
    match data.strip_prefix(SEAL).and_then(|rest| rest.split_once(':')) {
        Some((maker, data_of_maker)) => Signature::new(maker, data.slice_ref(data_of_maker)),
        None => Signature::new(ProviderId::from(wire), data),
    }
}
