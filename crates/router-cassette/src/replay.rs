//! One recording through its codec.

use router_core::collect::Collector;
use router_core::{ErrorKind, OperationKind, Output};
use router_wire::framing::FrameLimits;
use router_wire::{HttpResponse, StreamReader};
use serde_json::{Value, json};

use crate::cassette::{Cassette, Recorded};
use crate::outcome::{begun, broken, failed, given, spoken};
use crate::service::{Service, operation_name, service};

/// The outcome of a recording as a JSON object; `{"id", "skip"}` with the reason when no codec reads it.
#[must_use]
pub fn replay(cassette: &Cassette) -> Value {
    let skip = |why: &str| json!({"id": cassette.id, "skip": why});
    let service = match service(cassette) {
        Ok(service) => service,
        Err(why) => return skip(&why),
    };
    let response = match (cassette.payload(), cassette.http_response()) {
        (Ok(Recorded::Binary(_)), _) if !(is_speech(&service) || cassette.is_streamed()) => {
            return skip(&format!(
                "bytes{} that are no sound and no stream",
                cassette.kind_of_bytes()
            ));
        }
        (_, Ok(response)) => response,
        (_, Err(error)) => return skip(&error.to_string()),
    };
    let operation = match cassette.endpoint.as_str() {
        "completions" | "predictions" => "other",
        "responses" if cassette.path().ends_with("/compact") => "other",
        _ => operation_name(&service.call),
    };
    let mut line = json!({"id": cassette.id, "operation": operation});
    let outcome = outcome(&service, cassette, &response);
    if let (Value::Object(line), Value::Object(outcome)) = (&mut line, outcome) {
        line.extend(outcome);
    }
    line
}

fn outcome(service: &Service, cassette: &Cassette, response: &HttpResponse) -> Value {
    let Service { codec, call } = service;
    if response.status >= 400 {
        return failed(&codec.error(call, response));
    }
    if !cassette.is_streamed() {
        match codec.pending(call, response, None) {
            Ok(None) => {}
            Ok(Some(job)) => return begun(&job),
            Err(error) => return failed(&error),
        }
    }
    if !call.is_stream() {
        return match codec.decode(call, response) {
            Ok(output) => given(&output),
            // What cannot be read came with this status.
            Err(error) if error.kind() == ErrorKind::Decode => failed(&error.with_status(response.status)),
            Err(error) => failed(&error),
        };
    }
    let reader = StreamReader::new(codec.stream_decoder(call), FrameLimits::default());
    let (events, error) = reader.read_all([response.body.clone()]);
    let any = !events.is_empty();
    let mut collector = Collector::new();
    events.into_iter().for_each(|event| collector.push(event));
    match error {
        // An error in place of a stream, and not in one.
        Some(error) if !any && !cassette.is_streamed() && error.kind() != ErrorKind::Truncated => {
            failed(&error)
        }
        None => match collector.finish_output() {
            // Gemini speaks in the pieces of a chat.
            Output::Chat(answer) if is_speech(service) => spoken(&answer),
            output => given(&output),
        },
        Some(error) => broken(&collector.finish_output(), &error),
    }
}

fn is_speech(service: &Service) -> bool {
    service.call.operation.kind() == OperationKind::Speak
}
