//! A JSON Schema that stands in the words of a request: clients ask so for an answer in JSON where they do not say it otherwise.

use serde_json::Value;

/// The first schema of an object in a text that speaks of JSON, and the text without it.
///
/// Other objects are passed over whole: a schema in a list of tools is not one for the answer.
pub(crate) fn schema(text: &str) -> Option<(Value, String)> {
    if !text.to_ascii_lowercase().contains("json") {
        return None;
    }
    let mut at = 0;
    while let Some(found) = text[at..].find(['{', '[']) {
        let start = at + found;
        let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
        match values.next() {
            Some(Ok(value)) => {
                let end = start + values.byte_offset();
                if value["properties"].is_object() {
                    return Some((value, format!("{}{}", &text[..start], &text[end..])));
                }
                at = end;
            }
            _ => at = start + 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_found_and_one_of_a_tool_is_not() {
        let (found, rest) =
            schema("Answer in {JSON}: {\"properties\":{\"a\":{}},\"type\":\"object\"} now").unwrap();
        assert!(found["properties"]["a"].is_object());
        assert_eq!(rest, "Answer in {JSON}:  now");
        assert!(schema("JSON tools: [{\"name\":\"x\",\"parameters\":{\"properties\":{}}}]").is_none());
        assert!(schema("{\"properties\":{}}").is_none(), "nobody speaks of it");
    }
}
