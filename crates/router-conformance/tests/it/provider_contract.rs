//! Honest layers keep the contract; each way of not keeping it is found.

use std::pin::Pin;
use std::sync::Arc;

use router_conformance::provider_contract::check;
use router_core::{
    Body, BoxFuture, Call, Capabilities, Context, EventStream, Head, Operation, OperationKind, Provider,
    ProviderId, Reply, Result,
};

type Inner = Arc<dyn Provider>;
type Around = for<'a> fn(&'a Inner, &'a Call) -> BoxFuture<'a, Result<Reply>>;

/// A layer that is one function.
struct Layered(Inner, Around);

impl Provider for Layered {
    fn id(&self) -> &ProviderId {
        self.0.id()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        self.0.capabilities()
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        (self.1)(&self.0, call)
    }
}

async fn judge(around: Around) {
    check(|inner| Layered(inner, around)).await;
}

#[tokio::test]
async fn honest() {
    check(|inner| inner).await;
    judge(|inner, call| Box::pin(async move { inner.call(call).await })).await;
}

#[tokio::test]
#[should_panic(expected = "the request is untouched")]
async fn knows_only_some_operations() {
    judge(|inner, call| {
        Box::pin(async move {
            let mut other = call.clone();
            if !matches!(call.operation, Operation::Chat(_)) {
                other.operation = router_core::ChatRequest::user("?").into();
            }
            inner.call(&other).await
        })
    })
    .await;
}

#[tokio::test]
#[should_panic(expected = "one call is one call of the inner provider")]
async fn calls_twice() {
    judge(|inner, call| {
        Box::pin(async move {
            let reply = inner.call(call).await;
            if call.operation.kind() == OperationKind::Moderate {
                let mut second = inner.call(call);
                std::future::poll_fn(|task| std::task::Poll::Ready(second.as_mut().poll(task).is_ready()))
                    .await;
            }
            reply
        })
    })
    .await;
}

#[tokio::test]
#[should_panic(expected = "request-1")]
async fn forgets_the_context() {
    judge(|inner, call| {
        Box::pin(async move {
            let other = call.with_context(Context::new());
            inner.call(&other).await
        })
    })
    .await;
}

#[tokio::test]
#[should_panic(expected = "the trail of the call")]
async fn loses_the_trail() {
    judge(|inner, call| {
        Box::pin(async move {
            let fork = call.context.fork();
            inner.call(&call.with_context(fork)).await
        })
    })
    .await;
}

#[tokio::test]
#[should_panic(expected = "the vendor's request id")]
async fn forgets_the_head() {
    judge(|inner, call| {
        Box::pin(async move {
            let reply = inner.call(call).await?;
            let mut head = Head::default();
            head.provider = inner.id().clone();
            head.model = call.model.clone();
            Ok(reply.with_head(head))
        })
    })
    .await;
}

#[tokio::test]
#[should_panic(expected = "reads no more")]
async fn gathers_streams() {
    judge(|inner, call| {
        Box::pin(async move {
            let reply = inner.call(call).await?;
            let head = reply.head.clone();
            let Body::Stream(mut stream) = reply.body else {
                return Ok(reply);
            };
            let mut events = Vec::new();
            while let Some(event) = next_if_ready(&mut stream).await {
                events.push(event?);
            }
            Ok(Reply::stream(EventStream::from_events(events)).with_head(head))
        })
    })
    .await;
}

#[tokio::test]
#[should_panic(expected = "the kind is the inner provider's")]
async fn hides_the_error() {
    judge(|inner, call| {
        Box::pin(async move {
            inner
                .call(call)
                .await
                .map_err(|error| error.with_kind(router_core::ErrorKind::Server))
        })
    })
    .await;
}

#[tokio::test]
#[should_panic(expected = "dropping the call cancels it")]
async fn outlives_its_caller() {
    judge(|inner, call| {
        Box::pin(async move {
            let (inner, call) = (Arc::clone(inner), call.clone());
            let mut task = tokio::spawn(async move { inner.call(&call).await });
            tokio::task::yield_now().await;
            (&mut task).await.expect("no panic")
        })
    })
    .await;
}

async fn next_if_ready(stream: &mut EventStream) -> Option<Result<router_core::StreamEvent>> {
    std::future::poll_fn(|task| {
        std::task::Poll::Ready(
            match futures_core::Stream::poll_next(Pin::new(&mut *stream), task) {
                std::task::Poll::Ready(event) => event,
                std::task::Poll::Pending => None,
            },
        )
    })
    .await
}
