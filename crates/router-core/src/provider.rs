//! The one trait: a vendor, a layer around it, a balancer over ten of them, a fake.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::call::{Call, Reply};
use crate::capability::Capabilities;
use crate::error::Result;
use crate::model::ProviderId;

/// A boxed future.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Takes a call and gives a reply.
///
/// **Invariant.** For a call in stream mode, `call` resolves at the first content event or at `Finish`; every failure
/// before that is an `Err` of `call`. Vendors get this from
/// [`EventStream::committed`](crate::stream::EventStream::committed), layers by forwarding. So whoever tries again needs
/// no stream code at all.
///
/// **Invariant.** Dropping the future, or the stream of the reply, ends the request at the vendor.
pub trait Provider: Send + Sync + 'static {
    /// The provider's id.
    fn id(&self) -> &ProviderId;

    /// What it can do.
    fn capabilities(&self) -> Arc<Capabilities>;

    /// Makes a call.
    ///
    /// # Cancellation
    /// Dropping the future cancels the call.
    ///
    /// # Errors
    /// Any [`ErrorKind`](crate::ErrorKind); one that the provider does not model is `Unsupported`, never a silent drop.
    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>>;
}

impl<P: Provider + ?Sized> Provider for Arc<P> {
    fn id(&self) -> &ProviderId {
        (**self).id()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        (**self).capabilities()
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        (**self).call(call)
    }
}

impl<P: Provider + ?Sized> Provider for Box<P> {
    fn id(&self) -> &ProviderId {
        (**self).id()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        (**self).capabilities()
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        (**self).call(call)
    }
}

/// Makes a provider around a provider.
pub trait Layer<P: Provider> {
    /// What it makes.
    type Provider: Provider;

    /// Wraps `inner`.
    fn layer(&self, inner: P) -> Self::Provider;
}
