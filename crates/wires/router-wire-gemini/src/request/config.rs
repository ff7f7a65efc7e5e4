//! Writes `generationConfig`: the settings, then the caller's own fields, which win.

use router_core::Result;
use router_core::chat::{ChatRequest, ResponseFormat};
use router_wire::write::Seq;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use super::{not_representable, thinking};
use crate::WIRE;
use crate::parts::{OWN_SCHEMA, OWN_THINKING, is_noted};
use crate::rules::{Rules, Thinking};

type Own<'a> = [(String, &'a RawValue)];

/// The settings of a chat; nothing when none is set.
pub(super) fn config(rules: &Rules, request: &ChatRequest, own: &Own<'_>) -> Result<Option<Box<RawValue>>> {
    let config = Config { rules, request, own };
    let written = serde_json::value::to_raw_value(&config).map_err(|error| not_representable(&error))?;
    Ok((written.get() != "{}").then_some(written))
}

/// Fields, of which the caller's own are left to the end.
pub(crate) struct Settings<'a, M> {
    map: M,
    own: &'a Own<'a>,
}

impl<'a, M: SerializeMap> Settings<'a, M> {
    pub(crate) fn new(map: M, own: &'a Own<'a>) -> Self {
        Self { map, own }
    }

    pub(crate) fn some<T: Serialize>(
        &mut self,
        name: &'static str,
        value: Option<T>,
    ) -> Result<(), M::Error> {
        match value {
            Some(value) if !self.own.iter().any(|(known, _)| known == name) => {
                self.map.serialize_entry(name, &value)
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn end(mut self) -> Result<M::Ok, M::Error> {
        for (name, value) in self.own {
            self.map.serialize_entry(name, value)?;
        }
        self.map.end()
    }
}

struct Config<'a> {
    rules: &'a Rules,
    request: &'a ChatRequest,
    own: &'a Own<'a>,
}

impl Serialize for Config<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let settings = &self.request.settings;
        let mut fields = Settings::new(serializer.serialize_map(None)?, self.own);
        if self.rules.sampling {
            fields.some("temperature", settings.temperature)?;
            fields.some("topP", settings.top_p)?;
            fields.some("topK", settings.top_k)?;
        }
        fields.some("maxOutputTokens", settings.max_output_tokens)?;
        let stops = &settings.stop_sequences;
        fields.some("stopSequences", (!stops.is_empty()).then_some(stops))?;
        fields.some("candidateCount", settings.n)?;
        fields.some("seed", settings.seed)?;
        if self.rules.penalties {
            fields.some("presencePenalty", settings.presence_penalty)?;
            fields.some("frequencyPenalty", settings.frequency_penalty)?;
        }
        fields.some("responseLogprobs", settings.logprobs)?;
        fields.some("logprobs", settings.top_logprobs)?;
        let modalities = || settings.modalities.iter().map(|word| word.to_uppercase());
        fields.some(
            "responseModalities",
            (!settings.modalities.is_empty()).then_some(Seq(modalities)),
        )?;
        let voice = settings.audio.as_ref().and_then(|audio| audio.voice.as_ref());
        fields.some(
            "speechConfig",
            voice.and_then(router_wire::write::string_of).map(Voice::of),
        )?;
        match &self.request.response_format {
            Some(ResponseFormat::Json) => fields.some("responseMimeType", Some("application/json"))?,
            Some(ResponseFormat::JsonSchema(format)) => {
                fields.some("responseMimeType", Some("application/json"))?;
                let name = if is_noted(&format.extra, OWN_SCHEMA) {
                    "responseSchema"
                } else {
                    "responseJsonSchema"
                };
                fields.some(name, format.schema.as_ref())?;
            }
            _ => {}
        }
        let thinks = self.rules.thinking != Thinking::None;
        if let Some(reasoning) = settings.reasoning.as_ref().filter(|_| thinks) {
            match reasoning.extra.get(WIRE, OWN_THINKING) {
                Some(raw) => fields.some("thinkingConfig", Some(raw))?,
                None => fields.some("thinkingConfig", Some(thinking::config(self.rules, reasoning)))?,
            }
        }
        fields.end()
    }
}

/// A voice by its name: `{"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": …}}}`.
#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Voice {
    voice_config: VoiceConfig,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct VoiceConfig {
    prebuilt_voice_config: Prebuilt,
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Prebuilt {
    voice_name: String,
}

impl Voice {
    pub(crate) fn of(voice_name: String) -> Self {
        Self {
            voice_config: VoiceConfig {
                prebuilt_voice_config: Prebuilt { voice_name },
            },
        }
    }
}
