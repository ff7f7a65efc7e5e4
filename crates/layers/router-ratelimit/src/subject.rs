//! Whom a call is counted for.

use router_core::{Call, ProviderId, Text};

use crate::limit::{Dimension, Per};

/// The name of the key that a call uses: an extension of its context, put in by whoever checks callers' keys or chooses among
/// a vendor's. Limits with `per = "key"` count by it. Never the key itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyName(pub Text);

/// Whom calls are counted for: to read or reset what is left to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Subject {
    /// The provider that the limit is around.
    pub provider: Option<Text>,
    /// The model.
    pub model: Option<Text>,
    /// Who asks.
    pub caller: Option<Text>,
    /// The name of the key.
    pub key: Option<Text>,
    /// Labels.
    pub tags: Vec<(Text, Text)>,
}

impl Subject {
    /// Nobody in particular.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With a provider.
    #[must_use]
    pub fn with_provider(mut self, provider: impl Into<Text>) -> Self {
        self.provider = Some(provider.into());
        self
    }

    /// With a model.
    #[must_use]
    pub fn with_model(mut self, model: impl Into<Text>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// With a caller.
    #[must_use]
    pub fn with_caller(mut self, caller: impl Into<Text>) -> Self {
        self.caller = Some(caller.into());
        self
    }

    /// With the name of a key.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<Text>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// With one more label.
    #[must_use]
    pub fn with_tag(mut self, name: impl Into<Text>, value: impl Into<Text>) -> Self {
        self.tags.push((name.into(), value.into()));
        self
    }

    pub(crate) fn value(&self, per: &Per) -> Text {
        value(per, |dimension| match dimension {
            Dimension::Provider => self.provider.as_ref(),
            Dimension::Model => self.model.as_ref(),
            Dimension::Caller => self.caller.as_ref(),
            Dimension::Key => self.key.as_ref(),
            Dimension::Tag(name) => tag(&self.tags, name),
        })
    }
}

/// For whom a limit counts a call.
pub(crate) fn value_of_call(per: &Per, call: &Call, provider: &ProviderId) -> Text {
    value(per, |dimension| match dimension {
        Dimension::Provider => Some(provider.text()),
        Dimension::Model => Some(call.model.text()),
        Dimension::Caller => call.context.caller(),
        Dimension::Key => call.context.extension::<KeyName>().map(|name| &name.0),
        Dimension::Tag(name) => tag(call.context.tags(), name),
    })
}

fn tag<'a>(tags: &'a [(Text, Text)], sought: &Text) -> Option<&'a Text> {
    tags.iter()
        .find(|(name, _)| name == sought)
        .map(|(_, value)| value)
}

fn value<'a>(per: &Per, of: impl Fn(&Dimension) -> Option<&'a Text>) -> Text {
    match per.dimensions() {
        [] => Text::new(),
        [dimension] => of(dimension).cloned().unwrap_or_default(),
        dimensions => {
            // With lengths, so that no two combinations make one text.
            let mut joined = String::new();
            for dimension in dimensions {
                let word = of(dimension).map_or("", |word| word.as_str());
                joined.push_str(&format!("{}:{word}", word.len()));
            }
            joined.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn combinations_are_told_apart() {
        let per = Per::from([Dimension::Caller, Dimension::Model]);
        let of = |caller: &str, model: &str| Subject::new().with_caller(caller).with_model(model).value(&per);
        assert_ne!(of("a", "b1:c"), of("a1:b", "c"));
        assert_eq!(of("a", "b"), of("a", "b"));
        let call = Call::new("b", router_core::ChatRequest::user("Hi"));
        let call = call.with_context(router_core::Context::new().with_caller("a"));
        assert_eq!(value_of_call(&per, &call, &ProviderId::from("p")), of("a", "b"));
        let per = Per::from([Dimension::Tag("team".into())]);
        assert_eq!(Subject::new().with_tag("team", "x").value(&per), "x");
        assert_eq!(
            Subject::new().value(&per),
            "",
            "those without a tag are counted together"
        );
    }
}
