//! Speech, and what is heard in a sound.

use bytes::Bytes;
use router_core::audio::{
    Segment, SpeechRequest, SpeechResponse, Timestamps, TranscriptionRequest, TranscriptionResponse, Word,
};
use router_core::chat::Usage;
use router_core::{ModelId, Result, Text};

use super::wav::{self, RATE, wav};
use crate::conversation::{describe, invalid};
use crate::signature::fnv;
use crate::tokens;

/// Seconds that a token takes to say.
const SECONDS: f64 = 0.06;

/// Speaks a text: a WAV file whatever was asked for, or bare samples.
pub(crate) fn speech(model: &ModelId, request: &SpeechRequest) -> Result<SpeechResponse> {
    if request.input.trim().is_empty() {
        return Err(invalid("input: there is nothing to say"));
    }
    let speed = request.speed.unwrap_or(1.0);
    if !(0.25..=4.0).contains(&speed) {
        return Err(invalid(format!("speed: expected 0.25 to 4, got {speed}")));
    }
    let said = tokens::tokens(&request.input);
    let length = (SECONDS / speed * f64::from(RATE)) as u64;
    let samples: Vec<u8> = said
        .iter()
        .flat_map(|token| tone(token, length))
        .flat_map(i16::to_le_bytes)
        .collect();
    let is_bare = request.format.as_deref() == Some("pcm");
    let (audio, kind) = match is_bare {
        true => (samples, "audio/pcm"),
        false => (wav(&samples, &request.input), "audio/wav"),
    };
    let mut answer = SpeechResponse::new(Bytes::from(audio), Some(Text::from_static(kind)));
    answer.model = Some(model.text().clone());
    let mut usage = Usage::new(said.len() as u64, said.len() as u64);
    usage.audio_output_tokens = Some(usage.output_tokens);
    answer.usage = Some(usage);
    Ok(answer)
}

/// The samples of a token: up and down, as often as the token says.
fn tone(token: &str, length: u64) -> impl Iterator<Item = i16> {
    let period = 16 + fnv(token.as_bytes()) % 32;
    (0..length).map(move |at| {
        let place = at % period;
        let height = place.min(period - place) * 2 * 6000 / period;
        height as i16 - 3000
    })
}

/// Writes down a sound: what was said when the sound is its own, what it is otherwise.
pub(crate) fn transcript(model: &ModelId, request: &TranscriptionRequest) -> Result<TranscriptionResponse> {
    let Some(bytes) = request.audio.decode() else {
        return Err(invalid("file: the sound is not there by value"));
    };
    let told = wav::read(&bytes);
    let heard = told.text.filter(|text| !text.is_empty());
    let text = heard.unwrap_or_else(|| format!("The sound is {}.", describe(&request.audio)));
    let seconds = told.seconds.unwrap_or(bytes.len() as f64 / f64::from(RATE * 2));
    let mut answer = TranscriptionResponse::new(text.as_str());
    answer.model = Some(model.text().clone());
    answer.language = Some(match &request.language {
        Some(language) if !request.translate => language.clone(),
        _ => Text::from_static("en"),
    });
    answer.duration = Some(seconds);
    answer.segments = vec![Segment::new(0.0, seconds, text.as_str())];
    if request.timestamps.contains(&Timestamps::Word) {
        let words: Vec<&str> = text.split_whitespace().collect();
        let each = seconds / words.len().max(1) as f64;
        answer.words = words
            .iter()
            .enumerate()
            .map(|(at, word)| Word::new(each * at as f64, each * (at + 1) as f64, *word))
            .collect();
    }
    let heard = (seconds / SECONDS).ceil() as u64;
    let mut usage = Usage::new(heard, tokens::count(&text));
    usage.audio_input_tokens = Some(heard);
    answer.usage = Some(usage);
    Ok(answer)
}
