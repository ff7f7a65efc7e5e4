//! Token counts: the wire leaves cached tokens out of `input_tokens`, the totals here have them.

use router_core::{Json, Text, Usage};
use router_wire::lenient::Num;
use router_wire::object::Object;
use serde_json::value::RawValue;

/// Counts of one answer. A later object replaces field by field: the wire's counts are totals, not steps, and a field that
/// is missing keeps its value.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    fields: Vec<(String, Json)>,
}

impl Counts {
    /// Takes over what a `usage` object says.
    pub(crate) fn update(&mut self, raw: &RawValue) {
        let Ok(object) = Object::of(raw, "usage") else {
            return;
        };
        for (name, raw) in object.into_fields().filter(|(_, raw)| raw.get() != "null") {
            let value = Json::from_raw(raw);
            match self.fields.iter_mut().find(|(known, _)| *known == name) {
                Some((_, old)) => *old = value,
                None => self.fields.push((name, value)),
            }
        }
    }

    /// The usage; `None` when nothing was counted.
    pub(crate) fn usage(&self) -> Option<Usage> {
        let (input, output) = (self.count("input_tokens"), self.count("output_tokens"));
        let (read, written) = (
            self.count("cache_read_input_tokens"),
            self.count("cache_creation_input_tokens"),
        );
        if [input, output, read, written].iter().all(Option::is_none) {
            return None;
        }
        let sum = [input, read, written]
            .into_iter()
            .flatten()
            .fold(0, u64::saturating_add);
        let mut usage = Usage::new(sum, output.unwrap_or(0));
        usage.cache_read_input_tokens = read;
        usage.cache_creation_input_tokens = written;
        usage.cache_creation_1h_input_tokens = self.detail("cache_creation", "ephemeral_1h_input_tokens");
        usage.reasoning_output_tokens = self.detail("output_tokens_details", "thinking_tokens");
        usage.raw = Some(self.raw());
        Some(usage)
    }

    /// The class that served the call.
    pub(crate) fn service_tier(&self) -> Option<Text> {
        self.get("service_tier").and_then(|json| json.to().ok())
    }

    fn get(&self, name: &str) -> Option<&Json> {
        self.fields
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    fn count(&self, name: &str) -> Option<u64> {
        serde_json::from_str::<Num>(self.get(name)?.as_str())
            .ok()?
            .count()
    }

    /// A count in an object of counts.
    fn detail(&self, object: &str, name: &str) -> Option<u64> {
        let raw: &RawValue = serde_json::from_str(self.get(object)?.as_str()).ok()?;
        let mut details = Object::of(raw, object).ok()?;
        serde_json::from_str::<Num>(details.take(name)?.get())
            .ok()?
            .count()
    }

    /// The fields as the one object that the vendor would have sent.
    fn raw(&self) -> Json {
        let mut text = String::from("{");
        for (at, (name, value)) in self.fields.iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            text.push_str(&serde_json::to_string(name).unwrap_or_default());
            text.push(':');
            text.push_str(value.as_str());
        }
        text.push('}');
        Json::parse(text).unwrap_or_else(|_| Json::empty_object())
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    fn counts(objects: &[&str]) -> Counts {
        let mut counts = Counts::default();
        for object in objects {
            counts.update(serde_json::from_str(object).expect("a value"));
        }
        counts
    }

    #[test]
    fn input_is_the_total_with_cached_tokens() {
        let usage = counts(&[
            r#"{"input_tokens":3,"cache_read_input_tokens":10,"cache_creation_input_tokens":5,"output_tokens":1,
                "cache_creation":{"ephemeral_5m_input_tokens":2,"ephemeral_1h_input_tokens":3}}"#,
            r#"{"output_tokens":7,"input_tokens":null,"output_tokens_details":{"thinking_tokens":4}}"#,
        ])
        .usage()
        .expect("a usage");
        assert_eq!((usage.input_tokens, usage.output_tokens), (18, 7));
        assert_eq!(usage.cache_read_input_tokens, Some(10));
        assert_eq!(usage.cache_creation_input_tokens, Some(5));
        assert_eq!(usage.cache_creation_1h_input_tokens, Some(3));
        assert_eq!(usage.reasoning_output_tokens, Some(4));
    }

    #[test]
    fn nothing_counted_is_no_usage() {
        assert_eq!(counts(&["{}", "null", "3"]).usage(), None);
    }
}
