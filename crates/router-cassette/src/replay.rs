//! One recording through its codec.

use router_core::collect::Collector;
use router_core::{ChatResponse, Error};
use router_wire::framing::FrameLimits;
use router_wire::{HttpResponse, StreamReader};
use serde_json::{Value, json};

use crate::cassette::{Cassette, Recorded};
use crate::outcome::{answered, failed, given};
use crate::service::{Service, asked_for_stream, operation_name, service};

/// The outcome of a recording as a JSON object; `{"id", "skip"}` with the reason when no codec reads it.
#[must_use]
pub fn replay(cassette: &Cassette) -> Value {
    let skip = |why: &str| json!({"id": cassette.id, "skip": why});
    let service = match service(cassette) {
        Ok(service) => service,
        Err(why) => return skip(&why),
    };
    let response = match (cassette.payload(), cassette.http_response()) {
        (Ok(Recorded::Binary(_)), _) => return skip("binary answers are not read yet"),
        (_, Ok(response)) => response,
        (_, Err(error)) => return skip(&error.to_string()),
    };
    let streamed = is_stream(&response);
    let kind = service.call.operation.kind();
    let mut line = json!({"id": cassette.id, "operation": operation_name(cassette, kind, streamed)});
    let outcome = outcome(service, cassette, &response, streamed);
    if let (Value::Object(line), Value::Object(outcome)) = (&mut line, outcome) {
        line.extend(outcome);
    }
    line
}

fn outcome(service: Service, cassette: &Cassette, response: &HttpResponse, streamed: bool) -> Value {
    let Service { codec, call } = service;
    if response.status >= 400 {
        return failed(&codec.error(&call, response));
    }
    let is_chat = call.operation.kind() == router_core::OperationKind::Chat;
    if !is_chat || !(streamed || asked_for_stream(cassette)) {
        return match codec.decode(&call, response) {
            Ok(output) => given(&output),
            Err(error) => failed(&error),
        };
    }
    let call = call.streaming();
    let (answer, begun, error) = gather(codec.as_ref(), &call, response);
    match error {
        // An error in place of a stream, and not in one.
        Some(error) if !begun && !streamed && error.kind() != router_core::ErrorKind::Truncated => {
            failed(&error)
        }
        error => answered(&answer, error.as_ref()),
    }
}

/// What a stream held, whether it had begun, and its error.
fn gather(
    codec: &dyn router_wire::Codec,
    call: &router_core::Call,
    response: &HttpResponse,
) -> (ChatResponse, bool, Option<Error>) {
    let mut reader = StreamReader::new(codec.stream_decoder(call), FrameLimits::default());
    let mut collector = Collector::new();
    let mut begun = false;
    reader.push(response.body.clone());
    let mut finishing = false;
    let error = loop {
        let next = if finishing {
            reader.finish()
        } else {
            reader.next_event()
        };
        match next {
            Ok(Some(event)) => {
                begun = true;
                collector.push(event);
            }
            Ok(None) if finishing => break None,
            Ok(None) => finishing = true,
            Err(error) => break Some(error),
        }
    };
    (collector.finish(), begun, error)
}

/// Whether a body is a stream of events or lines, by its head and its content type.
fn is_stream(response: &HttpResponse) -> bool {
    let content_type = response
        .header("content-type")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let head = &response.body[..response.body.len().min(300)];
    let head = String::from_utf8_lossy(head);
    let head = head.trim_start_matches(['\u{feff}', '\r', '\n', ' ']);
    let starts = ["data:", "event:", "id:", ":"]
        .iter()
        .any(|start| head.starts_with(start));
    starts || content_type.contains("ndjson")
}
