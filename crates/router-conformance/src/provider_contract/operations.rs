//! One exchange for each kind of operation there is.

use bytes::Bytes;
use router_core::audio::{SpeechRequest, SpeechResponse, TranscriptionRequest, TranscriptionResponse};
use router_core::content::{Media, MediaKind};
use router_core::image::{ImageRequest, ImageResponse};
use router_core::model::{ListModelsRequest, ModelInfo, ModelList};
use router_core::moderation::{ModerationRequest, ModerationResponse};
use router_core::rerank::{RankedDocument, RerankRequest, RerankResponse};
use router_core::tokens::{CountTokensRequest, TokenCount};
use router_core::{
    ChatRequest, ChatResponse, EmbeddingRequest, EmbeddingResponse, Operation, OperationKind, Output,
};

/// A request and its answer for every kind of operation, chat first.
///
/// # Panics
/// When core has a kind that is missing here.
pub(super) fn exchanges() -> Vec<(Operation, Output)> {
    let sound = || Media::bytes(MediaKind::Audio, "audio/wav", b"RIFF");
    let mut rerank = RerankResponse::default();
    rerank.results = vec![RankedDocument::new(1, 0.5)];
    let exchanges: Vec<(Operation, Output)> = vec![
        (
            ChatRequest::user("Hi.").into(),
            ChatResponse::text_answer("Hello.").into(),
        ),
        (
            EmbeddingRequest::new(["one"]).into(),
            EmbeddingResponse::new(vec![vec![0.5, 0.25]]).into(),
        ),
        (ImageRequest::new("a cat").into(), ImageResponse::default().into()),
        (RerankRequest::new("cats", ["dogs", "cats"]).into(), rerank.into()),
        (
            SpeechRequest::new("Hello.").into(),
            SpeechResponse::new(Bytes::from_static(b"RIFF"), None).into(),
        ),
        (
            TranscriptionRequest::new(sound()).into(),
            TranscriptionResponse::default().into(),
        ),
        (
            ModerationRequest::new(["Hello."]).into(),
            ModerationResponse::default().into(),
        ),
        (
            CountTokensRequest::new(ChatRequest::user("Hi.")).into(),
            TokenCount::new(3).into(),
        ),
        (
            ListModelsRequest::default().into(),
            ModelList::new(vec![ModelInfo::new("model-a")]).into(),
        ),
    ];
    let kinds: Vec<OperationKind> = exchanges.iter().map(|(operation, _)| operation.kind()).collect();
    assert_eq!(
        kinds,
        OperationKind::ALL,
        "every kind of operation has an exchange"
    );
    exchanges
}
