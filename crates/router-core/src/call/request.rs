//! Ties each request to the operation that it is and the response that answers it.

use std::sync::Arc;

use super::{Operation, Output};
use crate::audio::{SpeechRequest, SpeechResponse, TranscriptionRequest, TranscriptionResponse};
use crate::chat::{ChatRequest, ChatResponse};
use crate::embedding::{EmbeddingRequest, EmbeddingResponse};
use crate::image::{ImageRequest, ImageResponse};
use crate::model::{ListModelsRequest, ModelList};
use crate::moderation::{ModerationRequest, ModerationResponse};
use crate::rerank::{RerankRequest, RerankResponse};
use crate::tokens::{CountTokensRequest, TokenCount};

/// A request type and the response type it is answered with.
pub trait Request: Sized {
    /// What answers it.
    type Response: Into<Output>;

    /// The request as an operation.
    fn into_operation(self) -> Operation;

    /// The response in an output; `None` when the output answers another operation.
    fn response(output: Output) -> Option<Self::Response>;
}

macro_rules! requests {
    ($($request:ty => $response:ty, $variant:ident;)+) => {
        $(
            impl Request for $request {
                type Response = $response;

                fn into_operation(self) -> Operation {
                    Operation::$variant(Arc::new(self))
                }

                fn response(output: Output) -> Option<$response> {
                    match output {
                        Output::$variant(response) => Some(response),
                        _ => None,
                    }
                }
            }

            impl From<$request> for Operation {
                fn from(request: $request) -> Self {
                    request.into_operation()
                }
            }

            impl From<Arc<$request>> for Operation {
                fn from(request: Arc<$request>) -> Self {
                    Self::$variant(request)
                }
            }

            impl From<$response> for Output {
                fn from(response: $response) -> Self {
                    Self::$variant(response)
                }
            }
        )+
    };
}

requests! {
    ChatRequest => ChatResponse, Chat;
    EmbeddingRequest => EmbeddingResponse, Embed;
    ImageRequest => ImageResponse, GenerateImage;
    RerankRequest => RerankResponse, Rerank;
    SpeechRequest => SpeechResponse, Speak;
    TranscriptionRequest => TranscriptionResponse, Transcribe;
    ModerationRequest => ModerationResponse, Moderate;
    CountTokensRequest => TokenCount, CountTokens;
    ListModelsRequest => ModelList, ListModels;
}
