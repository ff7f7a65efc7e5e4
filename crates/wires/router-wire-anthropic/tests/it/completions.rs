//! Text completions, which were before messages, are read like them.

use bytes::Bytes;
use router_core::{ErrorKind, FinishReason};
use router_wire::HttpResponse;
use router_wire_anthropic::response;

use crate::side::{collected, reader, speaker};

const PIECES: &str = concat!(
    "event: completion\r\ndata: {\"type\":\"completion\",\"id\":\"compl_1\",\"completion\":\" Light\",",
    "\"stop_reason\":null,\"model\":\"claude-2.1\",\"stop\":null,\"log_id\":\"compl_1\"  }\r\n\r\n",
    "event: ping\r\ndata: {\"type\": \"ping\"}\r\n\r\n",
    "event: completion\r\ndata: {\"type\":\"completion\",\"id\":\"compl_1\",\"completion\":\" scatters.\",",
    "\"stop_reason\":null,\"model\":\"claude-2.1\"}\r\n\r\n",
);
const LAST: &str = concat!(
    "event: completion\r\ndata: {\"type\":\"completion\",\"id\":\"compl_1\",\"completion\":\"\",",
    "\"stop_reason\":\"stop_sequence\",\"model\":\"claude-2.1\",\"stop\":\"\\n\\nHuman:\"}\r\n\r\n",
);

#[test]
fn a_stream_of_pieces_is_one_answer() {
    let answer = collected(Bytes::from(format!("{PIECES}{LAST}")));
    assert_eq!(answer.text(), " Light scatters.");
    assert_eq!(answer.id.as_deref(), Some("compl_1"));
    assert_eq!(answer.model.as_deref(), Some("claude-2.1"));
    assert_eq!(answer.choices[0].finish_reason, FinishReason::Stop);
    assert_eq!(answer.choices[0].stop_sequence.as_deref(), Some("\n\nHuman:"));
    assert_eq!(answer.usage, None);
}

#[test]
fn one_that_does_not_say_why_it_stopped_is_cut_short() {
    let (events, error) = reader().read_all([Bytes::from_static(PIECES.as_bytes())]);
    assert_eq!(events.len(), 3);
    assert_eq!(error.expect("an error").kind(), ErrorKind::Truncated);
}

#[test]
fn an_error_between_pieces_is_the_end() {
    let failed =
        "event: error\ndata: {\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
    let (events, error) = reader().read_all([Bytes::from(format!("{PIECES}{failed}"))]);
    assert_eq!(events.len(), 3);
    assert_eq!(error.expect("an error").kind(), ErrorKind::Overloaded);
}

#[test]
fn a_whole_one_may_leave_its_type_out() {
    for kind in [r#""type":"completion","#, ""] {
        let body = format!(r#"{{{kind}"completion":" Hi","stop_reason":"max_tokens","model":"claude-2.1"}}"#);
        let answer = response::decode(&speaker(), &HttpResponse::json(200, body)).expect("an answer");
        assert_eq!(answer.text(), " Hi");
        assert_eq!(answer.choices[0].finish_reason, FinishReason::Length);
    }
}
