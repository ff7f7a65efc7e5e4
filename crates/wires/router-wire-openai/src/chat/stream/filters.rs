//! What filters saw in the pieces of an answer, as one finding.

use router_core::Json;
use router_wire::object::Object;
use serde_json::value::RawValue;

/// Of two findings by category the worse one of each; of anything else the later.
pub(super) fn worse(kept: &Json, later: &RawValue) -> Json {
    let fields = |json| serde_json::from_str::<Object<'_>>(json).map(Object::into_fields);
    let (Ok(kept), Ok(found)) = (fields(kept.as_str()), fields(later.get())) else {
        return Json::from_raw(later);
    };
    let mut worst: Vec<(String, &RawValue)> = kept.collect();
    for (category, found) in found {
        match worst.iter_mut().find(|(known, _)| *known == category) {
            Some((_, known)) if rank(found) < rank(known) => {}
            Some((_, known)) => *known = found,
            None => worst.push((category, found)),
        }
    }
    worst.into_iter().collect::<Object<'_>>().into_json()
}

/// How bad a finding is: held back, seen, and how severe.
fn rank(found: &RawValue) -> (bool, bool, usize) {
    const SEVERITIES: [&str; 4] = ["safe", "low", "medium", "high"];
    let found = Object::lenient(Some(found));
    let is = |name: &str| found.peek(name).is_some_and(|value| value.get() == "true");
    let severity = found.word("severity").unwrap_or_default();
    let severity = SEVERITIES.iter().position(|word| severity == *word);
    (is("filtered"), is("detected"), severity.unwrap_or(0))
}
