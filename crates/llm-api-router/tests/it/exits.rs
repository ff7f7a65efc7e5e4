//! 10,000 calls through the whole stack, ended in every way and at any moment: nothing stays taken.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use futures_core::Stream;
use llm_api_router::ratelimit::{Subject, Unit};
use llm_api_router::wire::vendor::Vendor;
use llm_api_router::{
    Body, BoxFuture, Call, Capabilities, ChatRequest, ChatResponse, Client, Config, Context, Entry, Error,
    ErrorKind, EventStream, Feature, FinishReason, OperationKind, Provider, ProviderId, Registry, Reply,
    Result, StreamEvent, Usage,
};
use tokio::time::{Instant, Sleep, sleep};

/// Connections to vendors that are neither over nor dropped.
static OPEN: AtomicUsize = AtomicUsize::new(0);
static ASKED: AtomicUsize = AtomicUsize::new(0);
static RANDOM: Mutex<Option<fastrand::Rng>> = Mutex::new(None);

fn random<T>(draw: impl FnOnce(&mut fastrand::Rng) -> T) -> T {
    let mut random = RANDOM.lock().expect("nobody panics with it");
    draw(random.get_or_insert_with(|| fastrand::Rng::with_seed(23)))
}

struct Connection;

impl Connection {
    fn open() -> Self {
        OPEN.fetch_add(1, Ordering::AcqRel);
        ASKED.fetch_add(1, Ordering::AcqRel);
        Self
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A vendor that answers late, wrongly, in part, or never.
struct Wild {
    id: ProviderId,
    capabilities: Arc<Capabilities>,
}

/// A stream that comes slowly and may break, or stop.
struct Pieces {
    left: usize,
    end: usize,
    wait: Pin<Box<Sleep>>,
    _connection: Connection,
}

impl Stream for Pieces {
    type Item = Result<StreamEvent>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        if self.wait.as_mut().poll(task).is_pending() {
            return Poll::Pending;
        }
        if self.left == 0 {
            return match self.end {
                // It is never heard of again.
                0 => Poll::Pending,
                1 => Poll::Ready(Some(Err(Error::new(ErrorKind::Transport, "reset")))),
                2 => Poll::Ready(None),
                _ => Poll::Ready(Some(Ok(StreamEvent::finish(
                    FinishReason::Stop,
                    Some(Usage::new(20, 5)),
                )))),
            };
        }
        self.left -= 1;
        self.wait = Box::pin(sleep(Duration::from_millis(random(|random| random.u64(0..30)))));
        Poll::Ready(Some(Ok(StreamEvent::text("word "))))
    }
}

impl Provider for Wild {
    fn id(&self) -> &ProviderId {
        &self.id
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        Arc::clone(&self.capabilities)
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        Box::pin(async move {
            let connection = Connection::open();
            let (wait, fate) = random(|random| (random.u64(0..60), random.u32(0..20)));
            sleep(Duration::from_millis(wait)).await;
            match fate {
                0 => std::future::pending().await,
                1..4 => return Err(Error::new(ErrorKind::Overloaded, "busy").with_status(503)),
                4 => {
                    return Err(Error::new(ErrorKind::RateLimited, "slowly")
                        .with_retry_after(Duration::from_millis(50)));
                }
                5 => return Err(Error::new(ErrorKind::InvalidRequest, "what?").with_status(400)),
                _ => {}
            }
            if !call.is_stream() {
                let mut answer = ChatResponse::text_answer("a word");
                answer.usage = Some(Usage::new(20, 5));
                return Ok(Reply::full(answer));
            }
            let (left, end) = random(|random| (random.usize(0..8), random.usize(0..10)));
            let pieces = Pieces {
                left,
                end,
                wait: Box::pin(sleep(Duration::from_millis(1))),
                _connection: connection,
            };
            Ok(Reply::stream(EventStream::new(pieces).committed().await?))
        })
    }
}

fn client() -> Client {
    let mut registry = Registry::new();
    registry.add(Entry::new(
        Vendor::new("wild", "Wild", "http://127.0.0.1"),
        |settings| {
            let id = settings.id.clone();
            Ok(Arc::new(Wild {
                id: id.unwrap_or_else(|| ProviderId::from_static("wild")),
                capabilities: Arc::new(Capabilities::new(OperationKind::ALL, Feature::ALL)),
            }))
        },
    ));
    let text = r#"
        retry = { attempts = 3, base = "5ms", cap = "20ms" }
        timeouts = { first_content = "200ms", between_contents = "100ms", attempt = "300ms" }
        breaker = { consecutive = 20, open = "100ms" }
        limits = [ { concurrency = 400, wait = "200ms" }, { per = "caller", tokens = "10M/min" } ]
        [providers.one]
        type = "wild"
        limits = [ { concurrency = 100, wait = "50ms" } ]
        [providers.two]
        type = "wild"
        limits = [ { concurrency = 100, wait = "50ms" } ]
        [providers.three]
        type = "wild"
        [routes.smart]
        strategy = "least_latency"
        targets = ["one/m", "two/m", "three/m"]
        hedge = { delay = "80ms", max_share = 0.2 }
        health = { cooldown = "50ms" }
        cache = { ttl = "30ms" }
        limits = [ { per = "caller", concurrency = 200, wait = "100ms" } ]
        mirror = { model = "three/shadow", share = 0.05, timeout = "200ms" }
    "#;
    let config = Config::from_toml("router.toml", text).expect("a configuration");
    config.client_with(&registry, &|_| None).expect("it can be built")
}

/// How a caller ends a call.
#[derive(Clone, Copy, Debug)]
enum Exit {
    ReadsAll,
    GivesUpAfter(u64),
    ReadsAndDrops(usize),
    HasUntil(u64),
}

async fn caller(client: Client, exit: Exit, prompt: u32, is_stream: bool, name: &'static str) {
    let mut context = Context::new().with_caller(name);
    if let Exit::HasUntil(millis) = exit {
        context = context.with_deadline((Instant::now() + Duration::from_millis(millis)).into_std());
    }
    let call = Call::new("smart", ChatRequest::user(format!("prompt {prompt}"))).with_context(context);
    let call = if is_stream { call.streaming() } else { call };
    let whole = async {
        let Ok(reply) = client.call(&call).await else {
            return;
        };
        let Body::Stream(mut stream) = reply.body else {
            return;
        };
        let most = match exit {
            Exit::ReadsAndDrops(most) => most,
            _ => usize::MAX,
        };
        let mut read = 0;
        while read < most && stream.next().await.is_some() {
            read += 1;
        }
    };
    match exit {
        Exit::GivesUpAfter(millis) => {
            let _ = tokio::time::timeout(Duration::from_millis(millis), whole).await;
        }
        _ => whole.await,
    }
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_calls_with_random_exits_leave_nothing_taken() {
    let client = client();
    let mut plan = fastrand::Rng::with_seed(7);
    let mut calls = Vec::new();
    for number in 0..10_000_u32 {
        let exit = match plan.u32(0..4) {
            0 => Exit::ReadsAll,
            1 => Exit::GivesUpAfter(plan.u64(0..200)),
            2 => Exit::ReadsAndDrops(plan.usize(0..6)),
            _ => Exit::HasUntil(plan.u64(0..300)),
        };
        // Some ask the same as others, and share an answer or a call.
        let prompt = if plan.bool() { plan.u32(0..10) } else { number };
        let name = ["alice", "bob"][plan.usize(0..2)];
        calls.push(tokio::spawn(caller(
            client.clone(),
            exit,
            prompt,
            plan.bool(),
            name,
        )));
        if number % 5 == 0 {
            sleep(Duration::from_millis(1)).await;
        }
        if number % 97 == 0 {
            calls[plan.usize(0..calls.len())].abort();
        }
    }
    for call in calls {
        match call.await {
            Ok(()) => {}
            Err(error) => assert!(error.is_cancelled(), "{error}"),
        }
    }
    // What runs beside calls has a time of its own.
    sleep(Duration::from_secs(2)).await;

    assert!(ASKED.load(Ordering::Acquire) > 3_000, "the vendors were asked");
    assert_eq!(OPEN.load(Ordering::Acquire), 0, "connections");
    for (name, cache) in client.caches() {
        assert_eq!(cache.in_flight(), 0, "calls that are shared: {name}");
        let stats = cache.stats();
        assert!(
            stats.hits > 10 && stats.collapsed > 10 && stats.kept > 10,
            "{stats:?}"
        );
    }
    let mut gauges = 0;
    for (name, limiter) in client.limiters() {
        for caller in ["alice", "bob"] {
            for quota in limiter.quotas(&Subject::new().with_caller(caller)).await {
                if quota.unit == Unit::Concurrency {
                    assert_eq!(quota.left, quota.most, "{name}: {}", quota.limit);
                    gauges += 1;
                }
            }
        }
    }
    assert!(gauges >= 4, "{gauges} gauges were looked at");
    for (_, balance) in client.routes() {
        let status = balance.handle().status();
        for target in &status.targets {
            assert_eq!(target.in_flight, 0, "{}", target.name);
            assert!(target.calls > 100, "{}", target.name);
        }
    }
    // What was reserved is settled: now, and not only when time has made it good.
    for (name, limiter) in client.limiters() {
        assert_eq!(limiter.open_permits(), 0, "{name}");
    }
    // Nobody's reservation of tokens, and no breaker's probe, stands in the way of those who come later.
    sleep(Duration::from_secs(120)).await;
    for (_, limiter) in client.limiters() {
        for quota in limiter.quotas(&Subject::new().with_caller("alice")).await {
            assert_eq!(quota.left, quota.most, "{}", quota.limit);
        }
    }
    let mut answered = 0;
    for number in 0..40 {
        let call = Call::new("smart", ChatRequest::user(format!("later {number}")));
        answered += usize::from(client.call(&call).await.is_ok());
    }
    assert!(answered > 30, "{answered} of 40");
}
