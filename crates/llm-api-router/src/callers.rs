//! Lets a caller that has a key of the gateway ask for its routes only, and counts what it does against limits of its own.

use std::collections::HashMap;
use std::sync::Arc;

use router_core::call::{Operation, Output};
use router_core::model::{ModelInfo, ModelList};
use router_core::{
    BoxFuture, Call, Capabilities, Error, ErrorKind, ModelId, Provider, ProviderId, Reply, Result, Text,
};
use router_ratelimit::Limiter;

/// Limits of single callers, by their names: the same in front of each route.
pub(crate) type CallerLimits = Arc<HashMap<Text, Arc<Limiter>>>;

/// A caller that may ask for some routes and for nothing else.
pub(crate) struct Caller {
    pub(crate) name: Text,
    pub(crate) routes: Vec<String>,
}

impl Caller {
    /// What it is told without anybody being asked: which models there are, and that it may not have another one.
    pub(crate) fn answer(&self, call: &Call) -> Option<Result<Reply>> {
        if lists_models(call) {
            let routes = self.routes.iter().map(|name| ModelInfo::new(name.as_str()));
            return Some(Ok(Reply::full(Output::ListModels(ModelList::new(
                routes.collect(),
            )))));
        }
        if self.routes.iter().any(|route| call.model == *route.as_str()) {
            return None;
        }
        let message = format!(
            "{} may not ask for {:?}; it may ask for {}",
            self.name,
            call.model,
            self.routes.join(", ")
        );
        Some(Err(Error::new(ErrorKind::PermissionDenied, message)
            .unsent()
            .with_code("model_not_allowed")
            .with_status(403)
            .with_model(&call.model)
            .with_operation(call.operation.name())))
    }
}

/// Whether a call asks for all models that there are.
pub(crate) fn lists_models(call: &Call) -> bool {
    matches!(call.operation, Operation::ListModels(_)) && call.model.as_str().is_empty()
}

/// The models of a reply with routes in front.
pub(crate) fn with_routes<'a>(mut reply: Reply, routes: impl Iterator<Item = &'a str>) -> Reply {
    if let router_core::Body::Full(Output::ListModels(list)) = &mut reply.body {
        let routes = routes.map(|name| ModelInfo::new(ModelId::from(name)));
        list.models.splice(0..0, routes);
    }
    reply
}

/// A provider with limits for single callers.
pub(crate) struct PerCaller {
    inner: Arc<dyn Provider>,
    limits: CallerLimits,
}

impl PerCaller {
    pub(crate) fn new(inner: Arc<dyn Provider>, limits: &CallerLimits) -> Self {
        Self {
            inner,
            limits: Arc::clone(limits),
        }
    }
}

impl Provider for PerCaller {
    fn id(&self) -> &ProviderId {
        self.inner.id()
    }

    fn capabilities(&self) -> Arc<Capabilities> {
        self.inner.capabilities()
    }

    fn call<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<Reply>> {
        let caller = call.context.caller();
        match caller.and_then(|caller| self.limits.get(caller)) {
            Some(limits) => Box::pin(limits.call(&self.inner, call)),
            None => self.inner.call(call),
        }
    }
}
