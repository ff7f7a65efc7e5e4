//! The simulated model behind every wire, with failures in the bytes, on a socket if wanted.

use std::net::SocketAddr;

use http::Method;
use router_core::{BoxFuture, Error, Json, ModelId};
use router_serve::listener::{Limits, bind, listen};
use router_serve::{Keys, Serve, ServedResponse, Service};
use router_wire::{Form, HttpRequest, HttpResponse};
use serde::Deserialize;
use tokio::sync::oneshot;

use crate::fault::{Fault, FaultKind};
use crate::faulty::{Events, faulty};
use crate::ledger::Ledger;
use crate::model::SimModel;

/// What a proxy shows when the server behind it is away.
const HTML: &str = "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>\
    <body><center><h1>502 Bad Gateway</h1></center></body></html>\n";

/// The simulated vendor as a service from HTTP request to HTTP response. Clones share everything.
#[derive(Clone, Debug)]
pub struct SimService {
    model: SimModel,
    service: Service,
}

impl SimService {
    /// The model behind every wire, for callers with any key or none.
    #[must_use]
    pub fn new(model: SimModel) -> Self {
        Self {
            service: Service::new(model.clone()),
            model,
        }
    }

    /// With keys that callers must present.
    #[must_use]
    pub fn with_keys(mut self, keys: Keys) -> Self {
        self.service = self.service.with_keys(keys);
        self
    }

    /// Answers a request.
    pub async fn respond(&self, request: HttpRequest) -> ServedResponse {
        if request.method == Method::GET && request.path_only() == "/sim/ledger" {
            let entries = Json::of(&self.model.ledger().entries());
            return ServedResponse::of(match entries {
                Ok(entries) => HttpResponse::json(200, entries.to_string()),
                Err(error) => HttpResponse::json(500, error.to_string()),
            });
        }
        let named = model_of(&request).filter(|name| Fault::parse(name).is_some_and(Fault::is_in_bytes));
        let failing = named.and_then(|name| Some((self.model.faults().next(&name)?, ModelId::from(name))));
        let Some((fault, model)) = failing else {
            return self.service.respond(request).await;
        };
        let response = match fault.kind {
            FaultKind::Html(status) => html(status),
            FaultKind::Empty => ServedResponse::of(HttpResponse::json(200, "")),
            kind => {
                let response = self.service.respond(request).await;
                let content_type = response.headers().get(http::header::CONTENT_TYPE);
                let content_type = content_type
                    .and_then(|value| value.to_str().ok())
                    .unwrap_or_default();
                let events = Events::of(content_type);
                response.map_body(|body| faulty(body, kind, events))
            }
        };
        self.model
            .ledger()
            .fault_in_bytes(&model, format!("{:?}", fault.kind));
        response
    }
}

impl Serve for SimService {
    type Admitted = ();

    fn admit(&self, _: &HttpRequest) -> Result<(), ServedResponse> {
        Ok(())
    }

    fn serve(&self, request: HttpRequest, (): ()) -> BoxFuture<'_, ServedResponse> {
        Box::pin(self.respond(request))
    }

    fn refuse(&self, head: &HttpRequest, error: &Error) -> ServedResponse {
        self.service.refuse(head, error)
    }
}

/// The simulated vendor on a socket. Dropping it closes the socket and breaks open connections off.
#[derive(Debug)]
pub struct Sim {
    address: SocketAddr,
    model: SimModel,
    _shutdown: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<()>,
}

impl Sim {
    /// Listens on a free port of the loopback interface.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn start() -> std::io::Result<Self> {
        Self::start_at("127.0.0.1:0", SimModel::new(), Keys::none()).await
    }

    /// Listens at an address, for callers with these keys.
    ///
    /// # Errors
    /// When the address is taken or not there.
    pub async fn start_at(address: &str, model: SimModel, keys: Keys) -> std::io::Result<Self> {
        let (listener, address) = bind(address).await?;
        let service = SimService::new(model.clone()).with_keys(keys);
        let (shutdown, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            // The listener fails only with its socket, and then there is nobody to tell.
            let _ = listen(listener, service, Limits::default(), stopped).await;
        });
        Ok(Self {
            address,
            model,
            _shutdown: shutdown,
            task,
        })
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it did.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        self.model.ledger()
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The model that a request names: in its path (Gemini, Azure, Bedrock), or in its body, which may be a form.
fn model_of(request: &HttpRequest) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        model: Option<String>,
    }

    if let Some((_, rest)) = request.path_only().split_once("/model/") {
        return rest.split('/').next().map(str::to_owned);
    }
    if let Some((_, rest)) = request.path_only().split_once("/models/") {
        return rest.split(':').next().map(str::to_owned);
    }
    if let Some((_, rest)) = request.path_only().split_once("/openai/deployments/") {
        return rest.split('/').next().map(str::to_owned);
    }
    if Form::is_in(request) {
        let model = Form::read(request).ok()?.text("model").ok()??;
        return Some(model.to_string());
    }
    serde_json::from_slice::<Named>(&request.body).ok()?.model
}

fn html(status: u16) -> ServedResponse {
    let mut response = HttpResponse::json(status, HTML);
    response = response.with_header(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static("text/html; charset=utf-8"),
    );
    ServedResponse::of(response)
}
