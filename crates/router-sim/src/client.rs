//! Calls the simulated vendor over its chat completions wire: on a socket, or inside the process.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use http_body::Body as _;
use router_core::{BoxFuture, Capabilities, Error, ErrorKind, Feature, Result};
use router_http::{HttpProvider, Transport, TransportRequest, TransportResponse};
use router_serve::ResponseBody;
use router_wire::HttpRequest;
use router_wire::vendor::{AuthScheme, Vendor};
use router_wire_openai::compatible::{CompatibleCodec, DialectVendor};
use router_wire_openai::dialect::Dialect;

use crate::model::SimModel;
use crate::service::SimService;

/// A provider that calls the simulated vendor.
pub type SimClient = HttpProvider<SimCodec>;

/// The simulated vendor's codec.
pub type SimCodec = CompatibleCodec<SimVendor>;

/// The simulated vendor's facts and dialect.
#[derive(Clone, Copy, Debug)]
pub struct SimVendor;

impl DialectVendor for SimVendor {
    const VENDOR: Vendor = Vendor::new("sim", "the simulated vendor", "http://127.0.0.1:8787")
        .with_auth(AuthScheme::OptionalBearer)
        .with_key_env(&["SIM_API_KEY"])
        .with_base_url_env(&["SIM_BASE_URL"])
        .with_default_model("sim-model");

    fn dialect() -> Dialect {
        let mut dialect = Dialect::default();
        // The address is that of the server, since it speaks several wires below it.
        dialect.chat_path = Cow::Borrowed("/v1/chat/completions");
        dialect.embeddings_path = Cow::Borrowed("/v1/embeddings");
        dialect.models_path = Cow::Borrowed("/v1/models");
        dialect.completions_path = Some(Cow::Borrowed("/v1/completions"));
        dialect.moderations_path = Cow::Borrowed("/v1/moderations");
        dialect.images.path = Cow::Borrowed("/v1/images/generations");
        dialect.images.edits_path = Cow::Borrowed("/v1/images/edits");
        dialect.images.streams = true;
        dialect.speech.path = Cow::Borrowed("/v1/audio/speech");
        dialect.speech.events = true;
        dialect.transcription.path = Cow::Borrowed("/v1/audio/transcriptions");
        dialect.transcription.translations_path = Some(Cow::Borrowed("/v1/audio/translations"));
        dialect.transcription.streams = true;
        dialect.rerank.path = Cow::Borrowed("/v1/rerank");
        dialect
    }

    fn capabilities() -> Capabilities {
        Capabilities::new(
            router_wire_openai::compatible::OPERATIONS,
            &[
                Feature::Streaming,
                Feature::SystemMessages,
                Feature::Tools,
                Feature::ParallelToolCalls,
                Feature::ToolChoice,
                Feature::JsonObject,
                Feature::JsonSchema,
                Feature::Reasoning,
                Feature::ImageInput,
                Feature::ImageUrlInput,
                Feature::DocumentInput,
                Feature::AudioInput,
                Feature::VideoInput,
                Feature::SeveralChoices,
                Feature::Dimensions,
                Feature::ImageEdit,
            ],
        )
    }
}

/// A transport to a simulated vendor inside the process: the same bytes as over a socket, without one.
#[derive(Clone, Debug)]
pub struct SimTransport(SimService);

impl SimTransport {
    /// To a service.
    #[must_use]
    pub fn new(service: SimService) -> Self {
        Self(service)
    }
}

impl Default for SimTransport {
    fn default() -> Self {
        Self(SimService::new(SimModel::new()))
    }
}

impl SimVendor {
    /// A provider that calls a simulated vendor inside the process, over its wire.
    ///
    /// # Errors
    /// Never, as things stand: the address is a constant.
    pub fn in_process() -> Result<SimClient> {
        SimClient::builder()
            .transport(Arc::new(SimTransport::default()))
            .build()
    }
}

impl Transport for SimTransport {
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<TransportResponse>> {
        Box::pin(async move {
            let path = match request.url.parse::<http::Uri>() {
                Ok(uri) => uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
                Err(error) => {
                    return Err(Error::new(
                        ErrorKind::Config,
                        format!("the address is none: {error}"),
                    ));
                }
            };
            let mut inner = HttpRequest::new(request.method, path);
            inner.headers = request.headers;
            inner.body = request.body;
            let (head, body) = self.0.respond(inner).await.into_http().into_parts();
            Ok(TransportResponse::new(
                head.status.as_u16(),
                head.headers,
                Box::pin(Pieces(body)),
            ))
        })
    }
}

/// The pieces of a served body.
struct Pieces(ResponseBody);

impl Stream for Pieces {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        loop {
            return Poll::Ready(match Pin::new(&mut self.0).poll_frame(task) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => None,
                Poll::Ready(Some(Err(error))) => {
                    Some(Err(
                        Error::new(ErrorKind::Transport, error.to_string()).with_source(error)
                    ))
                }
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => Some(Ok(data)),
                    Err(_) => continue,
                },
            });
        }
    }
}
