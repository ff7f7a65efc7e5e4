//! What must hold of any bytes: fuzz targets and stable tests ask the same questions.
//!
//! Each function takes the bytes that a fuzzer makes and tells, as an error, what does not hold.

use bytes::Bytes;
use router_core::collect::Collector;
use router_core::{Call, Error, ErrorKind, ModelRef, StreamEvent};
use router_wire::framing::{FrameLimits, FrameReader};
use router_wire::{Framing, HttpRequest, HttpResponse, ServerCodec, StreamReader};

use serde_json::Value;

use crate::cassette::Cassette;
use crate::service::{Service, service};

/// The oracles, by the names of the fuzz targets.
pub const ORACLES: &[(&str, Oracle)] = &[
    ("sse", sse),
    ("json_lines", json_lines),
    ("stream_decoder", stream_decoder),
    ("request", request),
    ("model_ref", model_ref),
];

/// What must hold of some bytes; the error tells what does not.
pub type Oracle = fn(&[u8]) -> Result<(), String>;

/// Wires with a request that each of them takes: a recorded endpoint, its vendor, and the path of the request.
const WIRES: &[(&str, &str, &str)] = &[
    ("chat", "openai", "/v1/chat/completions"),
    ("chat", "deepseek", "/v1/chat/completions"),
    ("responses", "openai", "/v1/responses"),
    ("messages", "anthropic", "/v1/messages"),
    (
        "generateContent",
        "gemini",
        "/v1beta/models/m:streamGenerateContent",
    ),
    ("chat", "ollama", "/api/chat"),
    ("chat", "cohere", "/v2/chat"),
    ("embeddings", "openai", "/v1/embeddings"),
    ("embeddings", "gemini", "/v1beta/models/m:batchEmbedContents"),
    ("embeddings", "ollama", "/api/embed"),
    ("embeddings", "cohere", "/v2/embed"),
    ("count_tokens", "anthropic", "/v1/messages/count_tokens"),
    ("count_tokens", "gemini", "/v1beta/models/m:countTokens"),
];

/// Server-sent events: however a body is cut, its frames are the same.
///
/// # Errors
/// What differs.
pub fn sse(input: &[u8]) -> Result<(), String> {
    frames(Framing::Sse, input)
}

/// JSON lines: however a body is cut, its frames are the same.
///
/// # Errors
/// What differs.
pub fn json_lines(input: &[u8]) -> Result<(), String> {
    frames(Framing::JsonLines, input)
}

/// The stream decoder of a wire, which the first byte picks: however a body is cut its events are the same; they end with one
/// `Finish` or one error, and nothing comes behind. A whole answer and an error body are read without a panic.
///
/// # Errors
/// What does not hold.
pub fn stream_decoder(input: &[u8]) -> Result<(), String> {
    let Some((pick, input)) = input.split_first() else {
        return Ok(());
    };
    let (endpoint, provider, path) = picked(*pick);
    let Service { codec, call, .. } = client(endpoint, provider, path)?;
    let (cuts, body) = cut(input);
    for status in [200, 400] {
        let response = HttpResponse::new(status, http::HeaderMap::new(), body.clone());
        match status {
            200 => drop(codec.decode(&call, &response).map_err(|error| error.to_string())),
            _ => drop(codec.error(&call, &response).to_string()),
        }
    }
    let read = |pieces: Vec<Bytes>| {
        let decoder = codec.stream_decoder(&call);
        StreamReader::new(decoder, FrameLimits::default()).read_all(pieces)
    };
    let (whole, error) = read(vec![body.clone()]);
    one_end(&whole, error.as_ref())?;
    let mut collector = Collector::new();
    whole.iter().cloned().for_each(|event| collector.push(event));
    drop(collector.finish());
    for pieces in [pieces(&body, &cuts), bytes_of(&body)] {
        let (events, other) = read(pieces);
        same(&whole, &events)?;
        same(&error.as_ref().map(Error::kind), &other.as_ref().map(Error::kind))?;
    }
    Ok(())
}

/// The request of a wire, which the first byte picks: a server reads it without a panic, and what a client writes of it is read
/// and written again to the same.
///
/// # Errors
/// What does not hold.
pub fn request(input: &[u8]) -> Result<(), String> {
    let Some((pick, body)) = input.split_first() else {
        return Ok(());
    };
    let (endpoint, provider, path) = picked(*pick);
    let Service { codec, .. } = client(endpoint, provider, path)?;
    let http = HttpRequest::post_json(path, body.to_vec());
    let again = |http: &HttpRequest| -> Result<Option<HttpRequest>, String> {
        let endpoints = servers();
        let Some(server) = endpoints.iter().find(|server| server.claims(http)) else {
            return Err(format!("no endpoint at {}", http.path));
        };
        let ingress = match server.decode(http) {
            Ok(ingress) => ingress,
            Err(error) => {
                drop(server.error(&error));
                return Ok(None);
            }
        };
        let mut call = Call::new(ingress.model, ingress.operation);
        call.mode = ingress.mode;
        // What the vendor does not take is an error of the client side.
        Ok(codec.encode(&call).ok().map(|encoded| encoded.request))
    };
    let Some(written) = again(&http)? else {
        return Ok(());
    };
    let json =
        |http: &HttpRequest| serde_json::from_slice::<Value>(&http.body).map_err(|error| error.to_string());
    let Some(second) = again(&written)? else {
        return Err(format!("written and refused: {}", json(&written)?));
    };
    same(&json(&written)?, &json(&second)?)
}

/// A model's name with a provider in front or without: it is split at most once, and written as it was.
///
/// # Errors
/// What does not hold.
pub fn model_ref(input: &[u8]) -> Result<(), String> {
    let Ok(name) = std::str::from_utf8(input) else {
        return Ok(());
    };
    for known in [true, false] {
        let read = ModelRef::parse(name, |_| known);
        same(&read.to_string().as_str(), &name)?;
        let provider = read.provider.as_ref().map(|provider| provider.as_str());
        if provider.is_some_and(|provider| !known || provider.is_empty() || provider.contains('/')) {
            return Err(format!("{name:?} has the provider {provider:?}"));
        }
    }
    Ok(())
}

fn picked(pick: u8) -> (&'static str, &'static str, &'static str) {
    WIRES[usize::from(pick) % WIRES.len()]
}

fn servers() -> Vec<Box<dyn ServerCodec>> {
    let mut servers = router_wire_anthropic::endpoints();
    servers.extend(router_wire_gemini::endpoints());
    servers.extend(router_ollama::endpoints());
    servers.extend(router_cohere::endpoints());
    servers.extend(router_wire_openai::endpoints());
    servers
}

/// The client side of a wire.
fn client(endpoint: &str, provider: &str, path: &str) -> Result<Service, String> {
    let recording = format!(
        r#"{{"id":"a","provider":"{provider}","endpoint":"{endpoint}",
            "request":{{"method":"POST","url":"https://a.example{path}","body":{{"stream":true}}}},
            "response":{{"status":200,"text":""}}}}"#
    );
    let cassette = Cassette::parse(&recording).map_err(|error| error.to_string())?;
    service(&cassette)
}

fn frames(framing: Framing, input: &[u8]) -> Result<(), String> {
    let (cuts, body) = cut(input);
    let read = |pieces: Vec<Bytes>| {
        let mut reader = FrameReader::new(framing, FrameLimits::new(4096));
        let mut frames = Vec::new();
        for piece in pieces {
            reader.push(piece);
            loop {
                match reader.next() {
                    Ok(Some(frame)) => frames.push(frame),
                    Ok(None) => break,
                    Err(error) => return (frames, Some(error)),
                }
            }
        }
        loop {
            match reader.finish() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => return (frames, None),
                Err(error) => return (frames, Some(error)),
            }
        }
    };
    let whole = read(vec![body.clone()]);
    same(&whole, &read(pieces(&body, &cuts)))?;
    same(&whole, &read(bytes_of(&body)))
}

/// Places to cut at, from the first bytes, and the body behind them.
fn cut(input: &[u8]) -> (Vec<usize>, Bytes) {
    let (places, body) = input.split_at(input.len().min(3));
    let place = |byte: &u8| usize::from(*byte) * body.len() / 256;
    let mut places: Vec<usize> = places.iter().map(place).collect();
    places.sort_unstable();
    (places, Bytes::copy_from_slice(body))
}

fn pieces(body: &Bytes, cuts: &[usize]) -> Vec<Bytes> {
    let mut from = 0;
    let ends = cuts.iter().copied().chain([body.len()]);
    let piece = |to: usize| {
        let piece = body.slice(from..to);
        from = to;
        piece
    };
    ends.map(piece).collect()
}

fn bytes_of(body: &Bytes) -> Vec<Bytes> {
    (0..body.len()).map(|at| body.slice(at..=at)).collect()
}

/// One `Finish` at the end, or one error and no `Finish`.
fn one_end(events: &[StreamEvent], error: Option<&Error>) -> Result<(), String> {
    let finish = |event: &StreamEvent| matches!(event, StreamEvent::Finish(_));
    let finishes = events.iter().filter(|event| finish(event)).count();
    match error {
        Some(error) if error.kind() == ErrorKind::Cancelled => Err("nobody cancelled".to_owned()),
        Some(_) => same(&0, &finishes),
        None if events.last().is_some_and(finish) => same(&1, &finishes),
        None => Err(format!("a silent end behind {:?}", events.last())),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(one: &T, other: &T) -> Result<(), String> {
    if one == other {
        Ok(())
    } else {
        Err(format!("not the same:\n  {one:?}\n  {other:?}"))
    }
}
