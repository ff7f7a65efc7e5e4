//! What filters saw in the pieces of an answer, as one finding.

use router_core::Json;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// Of two findings by category the worse one of each; of anything else the later.
pub(super) fn worse(kept: &Json, later: &RawValue) -> Json {
    let (Ok(Value::Object(mut kept)), Ok(Value::Object(later))) =
        (kept.to::<Value>(), serde_json::from_str::<Value>(later.get()))
    else {
        return Json::from_raw(later);
    };
    for (category, found) in later {
        let known = kept.get(&category).map(rank);
        if known.is_none_or(|known| rank(&found) >= known) {
            kept.insert(category, found);
        }
    }
    Json::from(Value::Object(kept))
}

/// How bad a finding is: held back, seen, and how severe.
fn rank(found: &Value) -> (bool, bool, usize) {
    const SEVERITIES: [&str; 4] = ["safe", "low", "medium", "high"];
    let empty = Map::new();
    let found = found.as_object().unwrap_or(&empty);
    let is = |name: &str| found.get(name) == Some(&Value::Bool(true));
    let severity = found.get("severity").and_then(Value::as_str).unwrap_or_default();
    let severity = SEVERITIES.iter().position(|word| *word == severity);
    (is("filtered"), is("detected"), severity.unwrap_or(0))
}
