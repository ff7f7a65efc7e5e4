//! Judgements: a text is harmful when it has a word of a category.

use router_core::moderation::{Moderation, ModerationCategory, ModerationRequest, ModerationResponse};
use router_core::{Content, ModelId, Result, Text};

use crate::conversation::invalid;

/// The categories of OpenAI's models, each with the words that stand for it.
const CATEGORIES: [(&str, &[&str]); 13] = [
    ("harassment", &["stupid", "idiot"]),
    ("harassment/threatening", &["threaten"]),
    ("hate", &["hate"]),
    ("hate/threatening", &[]),
    ("illicit", &["steal", "drugs"]),
    ("illicit/violent", &["bomb"]),
    ("self-harm", &["suicide"]),
    ("self-harm/instructions", &[]),
    ("self-harm/intent", &[]),
    ("sexual", &["porn"]),
    ("sexual/minors", &[]),
    ("violence", &["kill", "murder"]),
    ("violence/graphic", &["blood"]),
];

/// Judges each input.
pub(crate) fn judgements(model: &ModelId, request: &ModerationRequest) -> Result<ModerationResponse> {
    if request.inputs.is_empty() {
        return Err(invalid("input: at least one is required"));
    }
    let mut answer = ModerationResponse::default();
    answer.model = Some(model.text().clone());
    answer.results = request.inputs.iter().map(judge).collect();
    Ok(answer)
}

fn judge(input: &Content) -> Moderation {
    let text = input.joined_text().to_lowercase();
    let words: Vec<&str> = text
        .split(|character: char| !character.is_alphanumeric())
        .collect();
    let category = |(name, stand): (&'static str, &[&str])| {
        let flagged = stand.iter().any(|word| words.contains(word));
        let score = if flagged { 0.95 } else { 0.001 };
        let mut category = ModerationCategory::new(Text::from_static(name), flagged, Some(score));
        category.input_types = vec![Text::from_static("text")];
        category
    };
    let categories: Vec<_> = CATEGORIES.into_iter().map(category).collect();
    Moderation::new(categories.iter().any(|category| category.flagged), categories)
}
