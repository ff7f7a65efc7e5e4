//! What is made of answers: whole ones, streams, and what is odd about them.

use router_core::content::ContentPart;
use router_core::{ChatRequest, ChatResponse, Error, ErrorKind, FinishReason, Message, StreamEvent};
use router_wire::HttpResponse;
use router_wire_gemini::response;
use serde_json::{Value, json};

use crate::side::{collected, reader, sent, speaker};

fn read(body: &Value) -> Result<ChatResponse, Error> {
    response::decode(&speaker(), &HttpResponse::json(200, body.to_string()))
}

fn whole(body: &Value) -> ChatResponse {
    read(body).expect("an answer")
}

fn parts(parts: Value) -> Value {
    json!({"candidates": [{"content": {"parts": parts, "role": "model"}, "finishReason": "STOP"}]})
}

fn stream(pieces: &[Value]) -> String {
    pieces
        .iter()
        .map(|piece| format!("data: {piece}\r\n\r\n"))
        .collect()
}

fn broken(body: String) -> (Vec<StreamEvent>, Error) {
    let (events, error) = reader().read_all([body.into()]);
    (events, error.expect("an error"))
}

/// What goes back when the answer is sent as history.
fn again(answer: &ChatResponse) -> Value {
    let chat = ChatRequest::new(vec![Message::user("x"), answer.to_message(), Message::user("y")]);
    sent("gemini-3-pro-preview", &chat).0["contents"][1]["parts"].clone()
}

#[test]
fn parts_go_back_as_they_came() {
    let all = json!([
        {"text": "Hm.", "thought": true},
        {"text": "Hm!", "thought": true, "thoughtSignature": "dA=="},
        {"text": "Look:"},
        {"text": "signed", "thoughtSignature": "eA=="},
        {"executableCode": {"language": "PYTHON", "code": "1"}, "thoughtSignature": "ZQ=="},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
        {"toolCall": {"toolType": "GOOGLE_SEARCH_WEB", "args": {"queries": ["q"]}, "id": "1"}, "thoughtSignature": "Yw=="},
        {"toolResponse": {"toolType": "GOOGLE_SEARCH_WEB", "id": "1"}, "thoughtSignature": "cg=="},
        {"newKind": {"x": [1]}},
        {"functionCall": {"id": "1", "name": "look", "args": {"at": "it"}}, "thoughtSignature": "Zg==", "extra": 1},
        {"functionCall": {"id": "2", "name": "look", "args": {}}},
        {"text": "", "thoughtSignature": "bA=="},
    ]);
    let answer = whole(&parts(all.clone()));
    assert_eq!(again(&answer), all);
    let server: Vec<&str> = answer.choices[0]
        .content
        .iter()
        .filter_map(|part| match part {
            ContentPart::ServerToolCall(call) => Some(call.name.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(server, ["code_execution", "google_search_web"]);
    let one_each: Vec<Value> = all
        .as_array()
        .into_iter()
        .flatten()
        .map(|part| parts(json!([part])))
        .collect();
    assert_eq!(again(&collected(stream(&one_each))), all);
}

#[test]
fn calls_without_id_or_arguments_are_calls() {
    let body = parts(
        json!([{"functionCall": {"name": "a"}}, {"functionCall": {"name": "b", "args": null, "id": ""}}]),
    );
    let answer = whole(&body);
    let calls: Vec<_> = answer.tool_calls().collect();
    assert_eq!((calls.len(), calls[0].arguments.as_str()), (2, "{}"));
    assert!(!calls[0].id.is_empty() && calls[0].id != calls[1].id);
    assert_eq!(answer.finish_reason(), Some(&FinishReason::ToolCalls));
    let back = again(&answer);
    assert_eq!(back[0]["functionCall"], json!({"name": "a", "args": {}}));
    assert_eq!(back[1]["functionCall"], json!({"name": "b", "args": {}}));
}

#[test]
fn arguments_in_pieces_come_together() {
    let piece = |call: Value| json!({"candidates": [{"content": {"parts": [{"functionCall": call}]}}]});
    let pieces = [
        piece(json!({"name": "look", "willContinue": true})),
        piece(
            json!({"partialArgs": [{"jsonPath": "$.at", "stringValue": "i", "willContinue": true}], "willContinue": true}),
        ),
        piece(json!({"partialArgs": [{"jsonPath": "$.at", "stringValue": "t"}], "willContinue": true})),
        piece(json!({})),
        piece(json!({"name": "hear", "willContinue": true})),
        piece(json!({"partialArgs": [{"jsonPath": "$.n[0]", "numberValue": 1.5}]})),
        json!({"candidates": [{"content": {"parts": [{"text": ""}]}, "finishReason": "STOP"}]}),
    ];
    let answer = collected(stream(&pieces));
    let calls: Vec<_> = answer
        .tool_calls()
        .map(|call| (call.name.as_str(), call.arguments.as_str()))
        .collect();
    assert_eq!(calls, [("look", r#"{"at":"it"}"#), ("hear", r#"{"n":[1.5]}"#)]);
}

#[test]
fn finish_reasons_are_ours_and_theirs() {
    let cases = [
        ("STOP", FinishReason::Stop),
        ("MAX_TOKENS", FinishReason::Length),
        ("SAFETY", FinishReason::ContentFilter),
        ("RECITATION", FinishReason::ContentFilter),
        ("MODEL_ARMOR", FinishReason::ContentFilter),
        ("IMAGE_SAFETY", FinishReason::ContentFilter),
        ("MALFORMED_FUNCTION_CALL", FinishReason::Error),
        ("MISSING_THOUGHT_SIGNATURE", FinishReason::Error),
        ("LANGUAGE", FinishReason::Other("LANGUAGE".into())),
        ("TOMORROW", FinishReason::Other("TOMORROW".into())),
    ];
    for (word, reason) in cases {
        let answer = whole(&json!({"candidates": [{"finishReason": word}]}));
        assert_eq!(answer.finish_reason(), Some(&reason), "{word}");
        assert_eq!(answer.choices[0].finish_reason_raw.as_deref(), Some(word));
    }
    let number = whole(&json!({"candidates": [{"finishReason": 2}]}));
    assert_eq!(number.finish_reason(), Some(&FinishReason::Length));
    let called = json!({"candidates": [{"content": {"parts": [{"functionCall": {"name": "a"}}]}, "finishReason": "MAX_TOKENS"}]});
    assert_eq!(whole(&called).finish_reason(), Some(&FinishReason::Length));
}

#[test]
fn counts_are_totals() {
    let usage = json!({
        "promptTokenCount": 10, "cachedContentTokenCount": 4, "candidatesTokenCount": 5, "thoughtsTokenCount": 7,
        "toolUsePromptTokenCount": 3, "serviceTier": "priority",
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 5}, {"modality": "AUDIO", "tokenCount": 2},
            {"modality": "IMAGE", "tokenCount": 3}],
        "candidatesTokensDetails": [{"modality": 2, "tokenCount": 4}],
    });
    let answer = whole(&json!({"candidates": [{"finishReason": "STOP"}], "usageMetadata": usage}));
    let counts = answer.usage.expect("counts");
    assert_eq!((counts.input_tokens, counts.output_tokens), (13, 12));
    assert_eq!(
        (counts.cache_read_input_tokens, counts.reasoning_output_tokens),
        (Some(4), Some(7))
    );
    assert_eq!(counts.audio_input_tokens, Some(2));
    assert_eq!(
        (counts.image_input_tokens, counts.image_output_tokens),
        (Some(3), Some(4))
    );
    assert_eq!(answer.service_tier.as_deref(), Some("priority"));
    let none = whole(
        &json!({"candidates": [{"finishReason": "STOP"}], "usageMetadata": {"trafficType": "ON_DEMAND"}}),
    );
    assert_eq!(none.usage, None);
    // The last count wins, and one that is left out keeps its value.
    let pieces = [
        json!({"usageMetadata": {"trafficType": "ON_DEMAND"}}),
        json!({"candidates": [{"content": {"parts": [{"text": "a"}]}}], "usageMetadata": {"promptTokenCount": "9", "candidatesTokenCount": 1}}),
        json!({"candidates": [{"finishReason": "STOP"}], "usageMetadata": {"promptTokenCount": 10, "thoughtsTokenCount": 2}}),
    ];
    let counts = collected(stream(&pieces)).usage.expect("counts");
    assert_eq!((counts.input_tokens, counts.output_tokens), (10, 3));
}

#[test]
fn sparse_answers_are_answers() {
    let empty = whole(&json!({"candidates": [{"content": {}, "finishReason": "MAX_TOKENS"}]}));
    assert_eq!((empty.text().as_str(), empty.usage), ("", None));
    let bare = whole(
        &json!({"candidates": [{"content": {"parts": null}}], "unknown": {"x": 1}, "modelVersion": null}),
    );
    assert_eq!((bare.choices.len(), bare.model), (1, None));
    assert_eq!(whole(&json!({})).choices.len(), 0);
    let two = json!({"candidates": [{"content": {"parts": [{"text": "a"}]}}, {"content": {"parts": [{"text": "b"}]}}]});
    let texts: Vec<_> = whole(&two)
        .choices
        .iter()
        .map(|choice| (choice.index, choice.text()))
        .collect();
    assert_eq!(texts, [(0, "a".into()), (1, "b".into())]);
}

#[test]
fn blocked_prompts_are_errors() {
    let blocked = json!({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 3}});
    let error = read(&blocked).expect_err("no answer");
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::ContentFiltered, Some("PROHIBITED_CONTENT"))
    );
    assert_eq!(error.usage().map(|usage| usage.input_tokens), Some(3));
    let (events, error) = broken(stream(&[blocked]));
    assert_eq!((events.len(), error.kind()), (1, ErrorKind::ContentFiltered));
    let said = json!({"promptFeedback": {"blockReason": "OTHER", "blockReasonMessage": "Not this."}});
    assert_eq!(read(&said).expect_err("no answer").message(), "Not this.");
    let rated = json!({"candidates": [{"finishReason": "STOP"}], "promptFeedback": {"safetyRatings": []}});
    assert!(read(&rated).is_ok());
}

#[test]
fn streams_tell_the_truth() {
    let text = json!({"candidates": [{"content": {"parts": [{"text": "a"}]}}]});
    let (_, error) = broken(stream(std::slice::from_ref(&text)));
    assert_eq!(error.kind(), ErrorKind::Truncated);
    let ended = json!({"candidates": [{"content": {"parts": [{"text": "a"}]}, "finishReason": "STOP"}]});
    let overloaded = json!({"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}});
    let (events, error) = broken(stream(&[ended.clone(), overloaded.clone()]));
    assert_eq!((error.kind(), error.status()), (ErrorKind::Overloaded, Some(503)));
    assert!(!events.iter().any(|event| matches!(event, StreamEvent::Finish(_))));
    // The same without framing, over several lines, and in a list of one.
    let bare =
        stream(std::slice::from_ref(&ended)) + &serde_json::to_string_pretty(&overloaded).expect("JSON");
    assert_eq!(broken(bare).1.kind(), ErrorKind::Overloaded);
    let listed = stream(std::slice::from_ref(&ended)) + &format!("[{overloaded}]\n");
    assert_eq!(broken(listed).1.kind(), ErrorKind::Overloaded);
    let cut = stream(std::slice::from_ref(&ended)) + "{\n  \"error\": {";
    assert_eq!(broken(cut).1.kind(), ErrorKind::Truncated);
    // Without alt=sse the stream is one list.
    let list = format!("[{text},\r\n{ended}]");
    assert_eq!(collected(list.clone()).text(), "aa");
    assert_eq!(
        broken(list[..list.len() - 1].to_owned()).1.kind(),
        ErrorKind::Truncated
    );
    assert_eq!(
        broken("data: {\"candidates\": 5\n\n".to_owned()).1.kind(),
        ErrorKind::Decode
    );
}

#[test]
fn sources_are_cited_where_they_support() {
    let metadata = json!({
        "webSearchQueries": ["q"],
        "groundingChunks": [
            {"web": {"uri": "https://a.example", "title": "A"}},
            {"retrievedContext": {"uri": "gs://b/c.pdf", "title": "B", "text": "words"}},
            {"maps": {"uri": "https://maps.example", "title": "C"}},
        ],
        "groundingSupports": [
            {"segment": {"endIndex": 4, "text": "Paris"}, "groundingChunkIndices": [0, 1]},
            {"segment": {"startIndex": 6, "endIndex": 9}, "groundingChunkIndices": [0]},
        ],
    });
    let candidate = json!({"content": {"parts": [{"text": "Paris is it."}]}, "finishReason": "STOP", "groundingMetadata": metadata});
    let answer = whole(&json!({"candidates": [candidate]}));
    let ContentPart::Text(text) = &answer.choices[0].content[0] else {
        panic!("a text")
    };
    let found: Vec<_> = text
        .citations
        .iter()
        .map(|it| (it.title.as_deref().unwrap_or_default(), it.range))
        .collect();
    assert_eq!(
        found,
        [
            ("A", Some((0, 4))),
            ("A", Some((6, 9))),
            ("B", Some((0, 4))),
            ("C", None)
        ]
    );
    assert_eq!(text.citations[2].cited_text.as_deref(), Some("words"));
    let extra = answer.choices[0]
        .extra
        .get("gemini.candidate", "groundingMetadata");
    assert_eq!(extra.map(|json| json.to_value()), Some(metadata));
    // They say something of the answer and are no part of the message that goes back.
    assert_eq!(again(&answer), json!([{"text": "Paris is it."}]));
    let recited = json!({"candidates": [{"content": {"parts": [{"text": "To be."}]}, "citationMetadata": {
        "citationSources": [{"endIndex": 5, "uri": "https://h.example", "license": ""}]}}]});
    let answer = whole(&recited);
    let ContentPart::Text(text) = &answer.choices[0].content[0] else {
        panic!("a text")
    };
    assert_eq!(text.citations[0].range, Some((0, 5)));
}

#[test]
fn logprobs_are_read() {
    let result = json!({
        "chosenCandidates": [{"token": "a", "logProbability": -0.5}, {"token": "b", "logProbability": -1}],
        "topCandidates": [{"candidates": [{"token": "a", "logProbability": -0.5}, {"token": "c", "logProbability": -2}]}, {}],
    });
    let answer = whole(&json!({"candidates": [{"finishReason": "STOP", "logprobsResult": result}]}));
    let logprobs = answer.choices[0].logprobs.as_ref().expect("log probabilities");
    assert_eq!(
        (logprobs.content[0].top.len(), logprobs.content[1].top.len()),
        (2, 0)
    );
    assert_eq!(
        (logprobs.content[1].token.as_str(), logprobs.content[1].logprob),
        ("b", -1.0)
    );
}
