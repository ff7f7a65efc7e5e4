//! Embeddings by hashed words: unit vectors in which texts that share words are close.

use router_core::chat::Usage;
use router_core::content::MediaSource;
use router_core::embedding::{EmbeddingInput, EmbeddingRequest, EmbeddingResponse};
use router_core::{ContentPart, ModelId, Result};

use crate::conversation::invalid;
use crate::signature::fnv;
use crate::tokens;

/// Length of the vectors when none is asked for.
const DIMENSIONS: u32 = 256;

/// Places of the vector that a word touches.
const PLACES: u64 = 4;

pub(crate) fn embed(model: &ModelId, request: &EmbeddingRequest) -> Result<EmbeddingResponse> {
    if request.inputs.is_empty() {
        return Err(invalid("input: at least one input is required"));
    }
    let dimensions = request.dimensions.unwrap_or(DIMENSIONS);
    if !(1..=4096).contains(&dimensions) {
        return Err(invalid(format!(
            "dimensions: expected 1 to 4096, got {dimensions}"
        )));
    }
    let count: u64 = request.inputs.iter().map(count).sum();
    let mut response = EmbeddingResponse::new(
        request
            .inputs
            .iter()
            .map(|input| vector(input, dimensions as usize))
            .collect(),
    );
    response.model = Some(model.text().clone());
    response.usage = Some(Usage::new(count, 0));
    Ok(response)
}

fn count(input: &EmbeddingInput) -> u64 {
    match input {
        EmbeddingInput::Text(text) => tokens::count(text).max(1),
        EmbeddingInput::Tokens(tokens) => tokens.len() as u64,
        _ => 1,
    }
}

fn words_of(text: &str) -> Vec<Vec<u8>> {
    text.split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word.to_lowercase().into_bytes())
        .collect()
}

/// Of a picture, its bytes or its address are one word.
fn words_of_part(part: &ContentPart) -> Vec<Vec<u8>> {
    match part {
        ContentPart::Text(part) => words_of(&part.text),
        ContentPart::Media(media) => match &media.source {
            MediaSource::Url(data) | MediaSource::Base64(data) => vec![data.as_bytes().to_vec()],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn vector(input: &EmbeddingInput, dimensions: usize) -> Vec<f32> {
    let words: Vec<Vec<u8>> = match input {
        EmbeddingInput::Text(text) => words_of(text),
        EmbeddingInput::Tokens(tokens) => tokens.iter().map(|token| token.to_le_bytes().to_vec()).collect(),
        EmbeddingInput::Parts(parts) => parts.iter().flat_map(words_of_part).collect(),
        _ => Vec::new(),
    };
    let mut vector = vec![0.0_f64; dimensions];
    for word in &words {
        for place in 0..PLACES {
            let mut bytes = word.clone();
            bytes.extend(place.to_le_bytes());
            let hash = fnv(&bytes);
            let sign = if hash >> 63 == 0 { 1.0 } else { -1.0 };
            vector[(hash >> 8) as usize % dimensions] += sign;
        }
    }
    let length = vector.iter().map(|value| value * value).sum::<f64>().sqrt();
    if length == 0.0 {
        // No words, or words that cancel out: still a unit vector.
        vector[0] = 1.0;
        return vector.into_iter().map(|value| value as f32).collect();
    }
    vector.into_iter().map(|value| (value / length) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: &str, b: &str) -> f32 {
        let vectors = embed(&ModelId::from("sim-embed"), &EmbeddingRequest::new([a, b]))
            .unwrap()
            .embeddings;
        vectors[0].iter().zip(&vectors[1]).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn shared_words_bring_texts_closer() {
        let near = close("the cat sat on the mat", "a cat on the mat");
        let far = close("the cat sat on the mat", "quarterly revenue fell sharply");
        assert!(near > far + 0.1, "{near} {far}");
        assert!((close("same", "same") - 1.0).abs() < 1e-5);
    }

    #[test]
    fn no_input_is_refused() {
        let error = embed(
            &ModelId::from("sim-embed"),
            &EmbeddingRequest::new(Vec::<&str>::new()),
        );
        assert_eq!(error.unwrap_err().status(), Some(400));
    }
}
