//! The differences between two outcomes: numbers by value, reasoning without white space, definitions in doubt let pass.

use serde_json::{Value, json};

const COUNTS: [&str; 5] = [
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "reasoning_output_tokens",
];

/// The differences of `got` from `expected`, one line each. Paths that `expected` lists as `doubtful` are left out.
#[must_use]
pub fn differences(expected: &Value, got: &Value) -> Vec<String> {
    let mut report = Report {
        doubtful: expected["doubtful"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect(),
        found: Vec::new(),
    };
    let names = [
        "operation",
        "outcome",
        "model",
        "response_id",
        "reasoning_opaque",
        "images",
        "models",
        "tokens",
        "moderation",
    ];
    for name in names {
        report.check(name.to_owned(), &expected[name], &got[name]);
    }
    let server = |line: &Value| json!(line["server_tool_calls"].as_array().map_or(0, Vec::len));
    report.check("server_tool_calls".to_owned(), &server(expected), &server(got));
    for name in COUNTS {
        report.check(
            format!("usage.{name}"),
            &expected["usage"][name],
            &got["usage"][name],
        );
    }
    let trimmed = |line: &Value| json!(line["text"].as_str().map(str::trim));
    report.check("text".to_owned(), &trimmed(expected), &trimmed(got));
    report.check(
        "audio.bytes".to_owned(),
        &expected["audio"]["bytes"],
        &got["audio"]["bytes"],
    );
    // Where the vendor does not say what a sound is, its first bytes do.
    let kind = &expected["audio"]["content_type"];
    if !kind.is_null() {
        report.check(
            "audio.content_type".to_owned(),
            kind,
            &got["audio"]["content_type"],
        );
    }
    ranking(&mut report, expected, got);
    let vectors = (&expected["embeddings"], &got["embeddings"]);
    for name in ["count", "dimensions"] {
        report.check(format!("embeddings.{name}"), &vectors.0[name], &vectors.1[name]);
    }
    for place in 0..3 {
        let (want, have) = (
            vectors.0["first"][place].as_f64(),
            vectors.1["first"][place].as_f64(),
        );
        if !near(want, have) {
            report.check(format!("embeddings.first[{place}]"), &json!(want), &json!(have));
        }
    }
    errors(&mut report, expected, got);
    choices(&mut report, expected, got);
    report.found
}

struct Report<'a> {
    doubtful: Vec<&'a str>,
    found: Vec<String>,
}

impl Report<'_> {
    fn check(&mut self, path: String, want: &Value, got: &Value) {
        let absent = |value: &Value| value.is_null() || *value == 0 || *value == "" || *value == json!([]);
        let same = by_value(want) == by_value(got) || (absent(want) && absent(got));
        if !same && !self.doubtful.iter().any(|known| path.starts_with(known)) {
            self.found.push(format!("{path}: expected {want}, got {got}"));
        }
    }
}

/// Places exactly, scores nearly.
fn ranking(report: &mut Report<'_>, expected: &Value, got: &Value) {
    let rows = |line: &Value| -> Vec<Value> { line["rerank"].as_array().cloned().unwrap_or_default() };
    let (want, have) = (rows(expected), rows(got));
    let places = |rows: &[Value]| -> Value { rows.iter().map(|row| row[0].clone()).collect() };
    report.check("rerank".to_owned(), &places(&want), &places(&have));
    for (at, (want, have)) in want.iter().zip(&have).enumerate() {
        if !near(want[1].as_f64(), have[1].as_f64()) {
            report.check(format!("rerank[{at}]"), &want[1], &have[1]);
        }
    }
}

fn near(want: Option<f64>, have: Option<f64>) -> bool {
    match (want, have) {
        (Some(want), Some(have)) => (want - have).abs() <= 1e-6 * want.abs().max(1e-6),
        (want, have) => want == have,
    }
}

fn errors(report: &mut Report<'_>, expected: &Value, got: &Value) {
    let (want, have) = (&expected["error"], &got["error"]);
    for name in ["kind", "retryable", "retry_after_s"] {
        report.check(format!("error.{name}"), &want[name], &have[name]);
    }
    if expected["outcome"] == "error" {
        report.check("error.status".to_owned(), &want["status"], &have["status"]);
    }
    let one_of = want["codes"]
        .as_array()
        .is_some_and(|codes| codes.contains(&have["code"]));
    if !one_of {
        report.check("error.code".to_owned(), &want["code"], &have["code"]);
    }
}

fn choices(report: &mut Report<'_>, expected: &Value, got: &Value) {
    let none = Vec::new();
    let want = expected["choices"].as_array().unwrap_or(&none);
    let have = got["choices"].as_array().unwrap_or(&none);
    report.check("choices".to_owned(), &json!(want.len()), &json!(have.len()));
    for (at, (want, have)) in want.iter().zip(have).enumerate() {
        for name in ["text", "refusal", "finish_reason"] {
            report.check(format!("choices[{at}].{name}"), &want[name], &have[name]);
        }
        report.check(
            format!("choices[{at}].reasoning"),
            &without_space(&want["reasoning"]),
            &without_space(&have["reasoning"]),
        );
        let mut calls = have["tool_calls"].clone();
        for (place, call) in calls.as_array_mut().into_iter().flatten().enumerate() {
            // Where the vendor sent no id, any made-up one will do.
            if want["tool_calls"][place]["id"].is_null() && call["id"] != "" {
                call["id"] = Value::Null;
            }
        }
        report.check(format!("choices[{at}].tool_calls"), &want["tool_calls"], &calls);
    }
}

fn without_space(value: &Value) -> Value {
    let text: String = value.as_str().unwrap_or_default().split_whitespace().collect();
    text.into()
}

/// The value with whole fractions as integers.
fn by_value(value: &Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float) if float.fract() == 0.0 && float.abs() < 9e15 => Value::from(float as i64),
            _ => value.clone(),
        },
        Value::Array(items) => items.iter().map(by_value).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), by_value(value)))
            .collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_by_value_and_doubts_let_pass() {
        let expected = json!({
            "operation": "chat", "outcome": "ok", "usage": {"input_tokens": 3}, "doubtful": ["choices[0].finish_reason"],
            "choices": [{"text": "a", "reasoning": "b c", "finish_reason": "other",
                "tool_calls": [{"id": null, "name": "f", "arguments": {"n": 7.0}}]}],
        });
        let mut got = json!({
            "operation": "chat", "outcome": "ok", "usage": {"input_tokens": 3, "output_tokens": 0},
            "choices": [{"text": "a", "reasoning": "bc", "finish_reason": "stop",
                "tool_calls": [{"id": "made-up", "name": "f", "arguments": {"n": 7}}]}],
        });
        assert_eq!(differences(&expected, &got), Vec::<String>::new());
        got["choices"][0]["text"] = json!("A");
        got["usage"]["input_tokens"] = json!(4);
        assert_eq!(differences(&expected, &got).len(), 2);
    }

    #[test]
    fn rankings_and_sounds() {
        let expected = json!({
            "operation": "rerank", "outcome": "ok", "rerank": [[1, 0.5], [0, 0.25]], "text": "a ",
            "moderation": [true, false], "audio": {"bytes": 4, "content_type": null},
        });
        let mut got = json!({
            "operation": "rerank", "outcome": "ok", "rerank": [[1, 0.500_000_1], [0, 0.25]], "text": " a",
            "moderation": [true, false], "audio": {"bytes": 4, "content_type": "audio/mpeg"},
        });
        assert_eq!(differences(&expected, &got), Vec::<String>::new());
        got["rerank"] = json!([[0, 0.25], [1, 0.5]]);
        assert_eq!(differences(&expected, &got).len(), 3, "places and scores");
        got = expected.clone();
        got["rerank"][0][1] = json!(0.6);
        got["moderation"][1] = json!(true);
        got["text"] = json!("b");
        got["audio"]["bytes"] = json!(5);
        assert_eq!(differences(&expected, &got).len(), 4);
    }
}
