//! No setting vanishes: each is a field of the request, or told.

use router_core::chat::{AudioOutput, ReasoningConfig, Settings};
use router_core::{Call, ChatRequest, Json, ReasoningEffort, Text};
use router_wire_gemini::{Rules, Service, request};
use serde_json::{Value, json};

use crate::side::speaker;

/// What becomes of a setting: the place of a field with its value, or the name in a warning.
enum Fate {
    Field(&'static str, Value),
    Told,
}
use Fate::{Field, Told};

fn voice() -> Option<AudioOutput> {
    let mut audio = AudioOutput::default();
    audio.voice = Some(Json::from(json!("Kore")));
    Some(audio)
}

type Row = (&'static str, fn(&mut Settings), [Fate; 4]);

/// Each setting on the Gemini API with an older, a current and the newest model, and on Vertex AI.
fn rows() -> Vec<Row> {
    let all = |field: &'static str, value: Value| {
        [
            Field(field, value.clone()),
            Field(field, value.clone()),
            Field(field, value.clone()),
            Field(field, value),
        ]
    };
    let not_newest = |field: &'static str, value: Value| {
        [
            Field(field, value.clone()),
            Field(field, value.clone()),
            Told,
            Field(field, value),
        ]
    };
    let oldest = |field: &'static str, value: Value| [Field(field, value), Told, Told, Told];
    let nowhere = || [Told, Told, Told, Told];
    let api = |field: &'static str, value: Value| {
        [
            Field(field, value.clone()),
            Field(field, value.clone()),
            Field(field, value),
            Told,
        ]
    };
    let spoken = json!({"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}});
    let level = || Field("/generationConfig/thinkingConfig/thinkingLevel", json!("HIGH"));
    let budget = Field("/generationConfig/thinkingConfig/thinkingBudget", json!(16_384));
    vec![
        (
            "max_output_tokens",
            |it| it.max_output_tokens = Some(9),
            all("/generationConfig/maxOutputTokens", json!(9)),
        ),
        (
            "temperature",
            |it| it.temperature = Some(0.5),
            not_newest("/generationConfig/temperature", json!(0.5)),
        ),
        (
            "top_p",
            |it| it.top_p = Some(0.5),
            not_newest("/generationConfig/topP", json!(0.5)),
        ),
        (
            "top_k",
            |it| it.top_k = Some(5),
            not_newest("/generationConfig/topK", json!(5)),
        ),
        (
            "seed",
            |it| it.seed = Some(5),
            all("/generationConfig/seed", json!(5)),
        ),
        (
            "frequency_penalty",
            |it| it.frequency_penalty = Some(0.5),
            oldest("/generationConfig/frequencyPenalty", json!(0.5)),
        ),
        (
            "presence_penalty",
            |it| it.presence_penalty = Some(0.5),
            oldest("/generationConfig/presencePenalty", json!(0.5)),
        ),
        (
            "stop_sequences",
            |it| it.stop_sequences = vec![Text::from("x")],
            all("/generationConfig/stopSequences", json!(["x"])),
        ),
        (
            "n",
            |it| it.n = Some(2),
            all("/generationConfig/candidateCount", json!(2)),
        ),
        (
            "logprobs",
            |it| it.logprobs = Some(true),
            all("/generationConfig/responseLogprobs", json!(true)),
        ),
        (
            "top_logprobs",
            |it| it.top_logprobs = Some(3),
            all("/generationConfig/logprobs", json!(3)),
        ),
        (
            "logit_bias",
            |it| it.logit_bias = vec![(Text::from("1"), 1.0)],
            nowhere(),
        ),
        (
            "reasoning",
            |it| it.reasoning = Some(ReasoningConfig::effort(ReasoningEffort::High)),
            [budget, level(), level(), level()],
        ),
        (
            "verbosity",
            |it| it.verbosity = Some(Text::from("low")),
            nowhere(),
        ),
        ("user", |it| it.user = Some(Text::from("u")), nowhere()),
        (
            "metadata",
            |it| it.metadata = vec![(Text::from("team"), Text::from("a"))],
            [Told, Told, Told, Field("/labels/team", json!("a"))],
        ),
        ("service_tier", |it| it.service_tier = Some(Text::from("flex")), {
            let [one, two, three, _] = api("/serviceTier", json!("flex"));
            // A header there, which the provider writes.
            [one, two, three, Field("/serviceTier", Value::Null)]
        }),
        ("store", |it| it.store = Some(false), api("/store", json!(false))),
        (
            "prompt_cache_key",
            |it| it.prompt_cache_key = Some(Text::from("k")),
            nowhere(),
        ),
        (
            "modalities",
            |it| it.modalities = vec![Text::from("text"), Text::from("image")],
            all("/generationConfig/responseModalities", json!(["TEXT", "IMAGE"])),
        ),
        (
            "audio",
            |it| it.audio = voice(),
            all("/generationConfig/speechConfig", spoken),
        ),
    ]
}

#[test]
fn every_setting_is_sent_or_told() {
    let services = [
        (Service::GEMINI, "gemini-2.5-flash"),
        (Service::GEMINI, "gemini-3-pro-preview"),
        (Service::GEMINI, "gemini-3.8-flash"),
        (Service::VERTEX, "gemini-3-pro-preview"),
    ];
    let rows = rows();
    // Whoever adds a setting adds a row.
    let mut everything = Settings::default();
    rows.iter().for_each(|(_, set, _)| set(&mut everything));
    let mut names: Vec<String> = serde_json::to_value(&everything)
        .expect("JSON")
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| name.clone())
        .collect();
    let mut ours: Vec<String> = rows.iter().map(|(name, ..)| (*name).to_owned()).collect();
    names.sort();
    ours.sort();
    assert_eq!(names, ours);
    for (name, set, fates) in rows {
        for ((service, model), fate) in services.iter().zip(fates) {
            let mut chat = ChatRequest::user("x");
            set(&mut chat.settings);
            let call = Call::new(*model, chat.clone());
            let encoded =
                request::encode(service, &Rules::of(model), &speaker(), &call, &chat).expect("a request");
            let body: Value = serde_json::from_slice(&encoded.request.body).expect("JSON");
            let told = encoded
                .warnings
                .iter()
                .any(|warning| warning.setting.split('.').next() == Some(name));
            match fate {
                Field(place, value) => {
                    assert_eq!(
                        body.pointer(place).cloned().unwrap_or_default(),
                        value,
                        "{name} of {model}"
                    );
                    assert!(!told, "{name} of {model}");
                }
                Told => assert!(told, "{name} of {model}: {body}"),
            }
            let strict = chat.strict();
            let refused = request::encode(service, &Rules::of(model), &speaker(), &call, &strict).is_err();
            assert_eq!(refused, told, "{name} of {model}");
        }
    }
}
