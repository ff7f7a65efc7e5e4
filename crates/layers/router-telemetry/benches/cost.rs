//! Time that telemetry takes of a call: counted only, and with a line of log that is thrown away.

use std::sync::Arc;
use std::time::{Duration, Instant};

use router_core::{
    Body, BoxFuture, Call, Capabilities, ChatRequest, ChatResponse, Context, EventStream, FinishReason,
    Layer as _, Provider, ProviderId, Reply, Result, StreamEvent, Usage,
};
use router_telemetry::TelemetryLayer;

const CALLS: u32 = 100_000;
const CHUNKS: u32 = 200_000;
const ROUNDS: u32 = 5;

static ID: ProviderId = ProviderId::from_static("vendor");

/// Answers at once.
struct Vendor;

impl Provider for Vendor {
    fn id(&self) -> &ProviderId {
        &ID
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::new(Capabilities::new([], &[]))
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        Box::pin(async move {
            let mut reply = if call.is_stream() {
                let words = (0..CHUNKS).map(|_| StreamEvent::text("word "));
                let events = words.chain([StreamEvent::finish(FinishReason::Stop, Some(Usage::new(9, 9)))]);
                Reply::stream(EventStream::from_events(events).committed().await?)
            } else {
                let mut response = ChatResponse::text_answer("word");
                response.usage = Some(Usage::new(9, 9));
                Reply::full(response)
            };
            reply.head.provider = ID.clone();
            reply.head.model = call.model.clone();
            Ok(reply)
        })
    }
}

/// The least time that one call takes, or one chunk.
fn best(runtime: &tokio::runtime::Runtime, provider: &impl Provider, is_stream: bool) -> f64 {
    let (calls, per) = if is_stream { (1, CHUNKS) } else { (CALLS, CALLS) };
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let started = Instant::now();
        runtime.block_on(async {
            for _ in 0..calls {
                let mut call = Call::new("a-model", ChatRequest::user("Hello"));
                call.context = Context::new();
                let call = if is_stream { call.streaming() } else { call };
                let reply = provider.call(&call).await.expect("a reply");
                if let Body::Stream(mut stream) = reply.body {
                    while let Some(event) = stream.next().await {
                        event.expect("no error");
                    }
                }
            }
        });
        best = best.min(started.elapsed());
    }
    best.as_nanos() as f64 / f64::from(per)
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    let telemetry = TelemetryLayer::default().layer(Vendor);
    let show = |label: &str, is_stream: bool| {
        let bare = best(&runtime, &Vendor, is_stream);
        let watched = best(&runtime, &telemetry, is_stream);
        println!(
            "{label}: {bare:.0} ns bare, {watched:.0} ns watched, {:.0} ns more",
            watched - bare
        );
    };
    show("a call, counted", false);
    show("a chunk, counted", true);
    logged(&show);
}

#[cfg(feature = "logs")]
fn logged(show: &dyn Fn(&str, bool)) {
    use router_telemetry::logs::{LogFormat, LogLevel, LogPolicy, Logs};

    for (label, format) in [("text", LogFormat::Text), ("JSON", LogFormat::Json)] {
        let policy = LogPolicy::default()
            .with_format(format)
            .with_level(LogLevel::Info);
        let (dispatch, _logs) = Logs::to(&policy, std::io::sink());
        let _guard = tracing::dispatcher::set_default(&dispatch);
        show(&format!("a call, with a line of {label}"), false);
        show(&format!("a chunk, with a line of {label}"), true);
    }
}

#[cfg(not(feature = "logs"))]
fn logged(_show: &dyn Fn(&str, bool)) {}
