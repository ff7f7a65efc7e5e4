//! Rankings: by the share of the query's words that a document has.

use std::collections::HashSet;

use router_core::chat::Usage;
use router_core::rerank::{RankedDocument, RerankRequest, RerankResponse};
use router_core::{ContentPart, ModelId, Result};

use crate::conversation::invalid;
use crate::tokens;

/// Orders documents; of equals, the first comes first.
pub(crate) fn ranking(model: &ModelId, request: &RerankRequest) -> Result<RerankResponse> {
    if request.documents.is_empty() {
        return Err(invalid("documents: at least one is required"));
    }
    let query = words(&request.query);
    let mut used = tokens::count(&request.query);
    let mut results = Vec::new();
    for (index, document) in (0..).zip(&request.documents) {
        let text = match document {
            ContentPart::Text(part) => part.text.as_str(),
            ContentPart::Opaque(part) => part.raw.as_str(),
            _ => "",
        };
        used += tokens::count(text);
        let shared = words(text).intersection(&query).count();
        let score = shared as f64 / query.len().max(1) as f64;
        let mut ranked = RankedDocument::new(index, score);
        ranked.document = request
            .return_documents
            .unwrap_or(false)
            .then(|| document.clone());
        results.push(ranked);
    }
    results.sort_by(|one, other| other.score.total_cmp(&one.score));
    results.truncate(request.top_n.map_or(usize::MAX, |most| most as usize));
    let mut answer = RerankResponse::default();
    answer.results = results;
    answer.model = Some(model.text().clone());
    answer.usage = Some(Usage::new(used, 0));
    Ok(answer)
}

fn words(text: &str) -> HashSet<String> {
    text.split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_words_come_first() {
        let documents = [
            "Paris is in France",
            "Ruby is a language",
            "A language called Ruby, again",
        ];
        let request = RerankRequest::new("the Ruby language", documents);
        let answer = ranking(&ModelId::from("sim-rerank"), &request.clone().with_top_n(2)).unwrap();
        let order: Vec<u32> = answer.results.iter().map(|ranked| ranked.index).collect();
        assert_eq!(order, [1, 2]);
        assert!(answer.results[0].score > 0.6);
        assert_eq!(answer.usage.unwrap().input_tokens, 16);
    }
}
