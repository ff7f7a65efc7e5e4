//! Citations as annotations: chat completions put an address into an object of its own, the Responses API beside the type.

use router_core::content::Citation;
use router_core::{ContentPart, Text};
use router_wire::object::Object;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

/// Which of the two forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Chat,
    Responses,
}

/// A citation in the form of a wire: as it came, where it came in that form, else made of what is known.
pub(crate) struct Annotation<'a> {
    citation: &'a Citation,
    form: Form,
}

impl<'a> Annotation<'a> {
    /// The citation as an annotation; `None` where the form has no place for it.
    pub(crate) fn of(citation: &'a Citation, form: Form) -> Option<Self> {
        let annotation = Self { citation, form };
        (annotation.is_own() || citation.url.is_some()).then_some(annotation)
    }

    /// The annotations of a part.
    pub(crate) fn of_part(part: &'a ContentPart, form: Form) -> impl Iterator<Item = Self> {
        let citations = match part {
            ContentPart::Text(part) => &part.citations[..],
            _ => &[],
        };
        citations
            .iter()
            .filter_map(move |citation| Self::of(citation, form))
    }

    /// Whether the vendor's own object has this form.
    fn is_own(&self) -> bool {
        let Some(raw) = &self.citation.raw else {
            return false;
        };
        let Ok(mut fields) = serde_json::from_str::<Object<'_>>(raw.raw.as_str()) else {
            return false;
        };
        let kind = fields.text("type").ok().flatten().unwrap_or_default();
        match (self.form, kind.as_str()) {
            (Form::Chat, "url_citation") => fields.peek("url_citation").is_some(),
            (Form::Responses, "url_citation") => fields.peek("url").is_some(),
            (Form::Responses, "file_citation" | "container_file_citation" | "file_path") => true,
            _ => false,
        }
    }
}

impl Serialize for Annotation<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(raw) = self.citation.raw.as_ref().filter(|_| self.is_own()) {
            return raw.raw.serialize(serializer);
        }
        let url = Url(self.citation);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "url_citation")?;
        match self.form {
            Form::Chat => map.serialize_entry("url_citation", &url)?,
            Form::Responses => url.fields(&mut map)?,
        }
        map.end()
    }
}

struct Url<'a>(&'a Citation);

impl Url<'_> {
    fn fields<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        // The schema wants all four.
        let (start, end) = self.0.range.unwrap_or_default();
        let url = self.0.url.as_ref().map_or("", Text::as_str);
        map.serialize_entry("url", url)?;
        map.serialize_entry("title", self.0.title.as_ref().map_or(url, Text::as_str))?;
        map.serialize_entry("start_index", &start)?;
        map.serialize_entry("end_index", &end)
    }
}

impl Serialize for Url<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.fields(&mut map)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use router_core::Json;
    use router_core::content::Opaque;

    fn written(citation: &Citation, form: Form) -> Option<String> {
        let annotation = Annotation::of(citation, form)?;
        Some(serde_json::to_string(&annotation).expect("JSON"))
    }

    #[test]
    fn each_wire_has_its_form() {
        const CHAT: &str = r#"{"type":"url_citation","url_citation":{"url":"https://a.example","title":"A","start_index":1,"end_index":2}}"#;
        const FLAT: &str =
            r#"{"type":"url_citation","url":"https://a.example","title":"A","start_index":1,"end_index":2}"#;
        let mut citation = Citation::default();
        citation.cited_text = Some("words".into());
        assert_eq!(written(&citation, Form::Chat), None);
        citation.url = Some("https://a.example".into());
        citation.title = Some("A".into());
        citation.range = Some((1, 2));
        for raw in [CHAT, FLAT, r#"{"type":"char_location","cited_text":"words"}"#] {
            citation.raw = Some(Opaque::new("maker", Json::parse(raw).expect("JSON")));
            assert_eq!(written(&citation, Form::Chat).as_deref(), Some(CHAT));
            assert_eq!(written(&citation, Form::Responses).as_deref(), Some(FLAT));
        }
        let own = r#"{"type":"file_citation","file_id":"f","filename":"a","index":1}"#;
        citation = Citation::default();
        citation.raw = Some(Opaque::new("openai", Json::parse(own).expect("JSON")));
        assert_eq!(written(&citation, Form::Responses).as_deref(), Some(own));
        assert_eq!(written(&citation, Form::Chat), None);
    }
}
