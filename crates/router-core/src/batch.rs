//! A call with more than one request can carry becomes several, and their answers one.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::call::{Operation, Output};
use crate::embedding::{EmbeddingInput, EmbeddingRequest, EmbeddingResponse};
use crate::error::{Error, ErrorKind, Result};

/// The most that one request to a vendor takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct BatchLimits {
    /// Inputs.
    pub inputs: usize,
    /// Tokens of all inputs together, as they are estimated here.
    #[serde(default)]
    pub tokens: Option<u64>,
}

impl BatchLimits {
    /// So many inputs, however long.
    #[must_use]
    pub const fn inputs(inputs: usize) -> Self {
        Self { inputs, tokens: None }
    }

    /// With a limit on the tokens of all inputs together.
    #[must_use]
    pub const fn with_tokens(mut self, tokens: u64) -> Self {
        self.tokens = Some(tokens);
        self
    }
}

impl Operation {
    /// The operation in pieces that fit into limits, in order; `None` when it fits as it is, or cannot be cut.
    #[must_use]
    pub fn batches(&self, limits: BatchLimits) -> Option<Vec<Self>> {
        let Self::Embed(request) = self else { return None };
        let mut pieces: Vec<Vec<EmbeddingInput>> = Vec::new();
        let mut tokens = 0;
        for input in &request.inputs {
            let more = limits.tokens.map_or(0, |_| estimate(input));
            let fits = pieces.last().is_some_and(|piece| {
                piece.len() < limits.inputs.max(1) && limits.tokens.is_none_or(|most| tokens + more <= most)
            });
            match pieces.last_mut().filter(|_| fits) {
                Some(piece) => piece.push(input.clone()),
                None => {
                    pieces.push(vec![input.clone()]);
                    tokens = 0;
                }
            }
            tokens += more;
        }
        let piece = |inputs| {
            let request = EmbeddingRequest {
                inputs,
                dimensions: request.dimensions,
                input_type: request.input_type.clone(),
                truncate: request.truncate,
                encoding_format: request.encoding_format.clone(),
                user: request.user.clone(),
                provider_options: request.provider_options.clone(),
                strict: request.strict,
                extra: request.extra.clone(),
            };
            Self::Embed(Arc::new(request))
        };
        (pieces.len() > 1).then(|| pieces.into_iter().map(piece).collect())
    }

    /// How many answers the operation asks for, where each input has its own.
    fn inputs(&self) -> Option<usize> {
        match self {
            Self::Embed(request) => Some(request.inputs.len()),
            _ => None,
        }
    }
}

fn estimate(input: &EmbeddingInput) -> u64 {
    Operation::from(EmbeddingRequest::new([input.clone()])).token_estimate()
}

impl Output {
    /// The answer to an operation, of the answers to its pieces: in their order, their counts added up. Fields that are not named
    /// tell of one piece only, and go.
    ///
    /// # Errors
    /// `Decode` when a piece has more or fewer answers than inputs: they could not be told apart.
    pub fn joined(pieces: Vec<(Operation, Self)>) -> Result<Self> {
        let mut whole = EmbeddingResponse::default();
        for (operation, output) in pieces {
            let Self::Embed(piece) = output else {
                return Err(Error::new(
                    ErrorKind::Decode,
                    "a piece of a batch is answered with something else",
                ));
            };
            if operation.inputs() != Some(piece.embeddings.len()) {
                let message =
                    "a piece of a batch is answered with another number of vectors than it has inputs";
                return Err(Error::new(ErrorKind::Decode, message));
            }
            whole.embeddings.extend(piece.embeddings);
            whole.model = whole.model.or(piece.model);
            whole.usage = match (whole.usage, piece.usage) {
                (Some(mut sum), Some(more)) => {
                    sum.add(&more);
                    Some(sum)
                }
                (sum, more) => sum.or(more),
            };
        }
        Ok(Self::Embed(whole))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::Usage;

    fn sizes(operation: &Operation, limits: BatchLimits) -> Option<Vec<usize>> {
        let pieces = operation.batches(limits)?;
        Some(pieces.iter().filter_map(Operation::inputs).collect())
    }

    #[test]
    fn pieces_fit_and_hold_everything_in_order() {
        let operation = Operation::from(EmbeddingRequest::new(["a", "b", "c", "d", "e"]).with_dimensions(8));
        assert_eq!(sizes(&operation, BatchLimits::inputs(5)), None);
        assert_eq!(sizes(&operation, BatchLimits::inputs(2)), Some(vec![2, 2, 1]));
        assert_eq!(sizes(&operation, BatchLimits::inputs(0)), Some(vec![1; 5]));
        let pieces = operation.batches(BatchLimits::inputs(2)).unwrap();
        let Operation::Embed(last) = &pieces[2] else {
            panic!("{pieces:?}")
        };
        assert_eq!(**last, EmbeddingRequest::new(["e"]).with_dimensions(8));
        assert_eq!(
            Operation::from(crate::ChatRequest::user("x")).batches(BatchLimits::inputs(1)),
            None
        );
    }

    #[test]
    fn long_inputs_stand_alone() {
        let long = "word ".repeat(100);
        let operation = Operation::from(EmbeddingRequest::new([
            long.as_str(),
            "a",
            "b",
            long.as_str(),
            long.as_str(),
        ]));
        let limits = BatchLimits::inputs(100).with_tokens(60);
        assert_eq!(sizes(&operation, limits), Some(vec![1, 2, 1, 1]));
    }

    #[test]
    fn answers_are_joined_and_counted() {
        let piece = |text: &str, vectors: Vec<Vec<f32>>, usage: Option<Usage>| {
            let mut answer = EmbeddingResponse::new(vectors);
            answer.usage = usage;
            (
                Operation::from(EmbeddingRequest::new([text])),
                Output::Embed(answer),
            )
        };
        let one = piece("a", vec![vec![1.0]], Some(Usage::new(3, 0)));
        let other = piece("b", vec![vec![2.0]], Some(Usage::new(4, 0)));
        let Ok(Output::Embed(whole)) = Output::joined(vec![one.clone(), other]) else {
            panic!("vectors")
        };
        assert_eq!(whole.embeddings, [[1.0], [2.0]]);
        assert_eq!(whole.usage, Some(Usage::new(7, 0)));
        let short = piece("b", Vec::new(), None);
        let error = Output::joined(vec![one, short]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
    }
}
