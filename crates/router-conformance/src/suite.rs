//! The list of cases: what each needs of a vendor, and how it is run.

use std::future::Future;
use std::pin::Pin;

use router_core::{Feature, OperationKind};

use crate::cases::{bad_input, chat, content, errors, media, models, secrets, stream, tools};
use crate::subject::Subject;

/// What a vendor must be able to do for a case to apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Needs {
    /// An operation.
    Operation(OperationKind),
    /// Chat, and a feature of it.
    Chat(Feature),
    /// Streams, and a feature of them.
    Stream(Feature),
    /// Embeddings, and a feature of them.
    Embed(Feature),
    /// Images, and a feature of them.
    Image(Feature),
    /// Chat, and several places where the vendor is.
    Place,
}

impl Needs {
    fn operation(self) -> OperationKind {
        match self {
            Self::Operation(operation) => operation,
            Self::Chat(_) | Self::Stream(_) | Self::Place => OperationKind::Chat,
            Self::Embed(_) => OperationKind::Embed,
            Self::Image(_) => OperationKind::GenerateImage,
        }
    }
}

type Run = fn(Subject) -> Pin<Box<dyn Future<Output = ()>>>;

/// One behaviour that every vendor shows, or is excused from by name.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Case {
    /// Its name: that of the test, and of the fixtures.
    pub name: &'static str,
    /// What it needs.
    pub needs: Needs,
    run: Run,
}

macro_rules! cases {
    ($($name:literal, $needs:expr => $run:path;)+) => {
        /// Every case, in the order of the suite.
        pub const CASES: &[Case] = &[$(Case {
            name: $name,
            needs: $needs,
            run: |subject| Box::pin($run(subject)),
        }),+];
    };
}

const CHAT: Needs = Needs::Operation(OperationKind::Chat);
const STREAM: Needs = Needs::Chat(Feature::Streaming);
const EMBED: Needs = Needs::Operation(OperationKind::Embed);

cases! {
    "chat_text", CHAT => chat::text;
    "chat_system_message", Needs::Chat(Feature::SystemMessages) => chat::system_message;
    "chat_multi_turn", CHAT => chat::multi_turn;
    "chat_settings_mapped", CHAT => chat::settings_mapped;
    "chat_nothing_vanishes", CHAT => content::nothing_vanishes;
    "chat_image_input", Needs::Chat(Feature::ImageInput) => chat::image_input;
    "chat_tool_call", Needs::Chat(Feature::Tools) => tools::tool_call;
    "chat_parallel_tool_calls", Needs::Chat(Feature::ParallelToolCalls) => tools::parallel_tool_calls;
    "chat_tool_result_round_trip", Needs::Chat(Feature::Tools) => tools::tool_result_round_trip;
    "chat_tool_choice", Needs::Chat(Feature::ToolChoice) => tools::tool_choice;
    "chat_json_schema", Needs::Chat(Feature::JsonSchema) => chat::json_schema;
    "chat_reasoning", Needs::Chat(Feature::Reasoning) => chat::reasoning;
    "chat_finish_length", CHAT => chat::finish_length;
    "chat_finish_content_filter", CHAT => chat::finish_content_filter;
    "chat_usage", CHAT => chat::usage;
    "chat_unknown_fields_ignored", CHAT => chat::unknown_fields_ignored;
    "chat_unsupported_setting_warns", CHAT => chat::unsupported_setting_warns;
    "stream_text", STREAM => stream::text;
    "stream_tool_call", Needs::Stream(Feature::Tools) => stream::tool_call;
    "stream_parallel_tool_calls", Needs::Stream(Feature::ParallelToolCalls) => stream::parallel_tool_calls;
    "stream_reasoning", Needs::Stream(Feature::Reasoning) => stream::reasoning;
    "stream_usage_on_finish", STREAM => stream::usage_on_finish;
    "stream_split_anywhere", STREAM => stream::split_anywhere;
    "stream_unknown_event_skipped", STREAM => stream::unknown_event_skipped;
    "stream_malformed_frame_errs", STREAM => stream::malformed_frame_errs;
    "stream_truncated_errs", STREAM => stream::truncated_errs;
    "stream_error_event", STREAM => stream::error_event;
    "stream_matches_chat", STREAM => stream::matches_chat;
    "stream_drop_cancels", STREAM => stream::drop_cancels;
    "embed_one", EMBED => models::embed_one;
    "embed_batch_keeps_order", EMBED => models::embed_batch_keeps_order;
    "embed_dimensions", Needs::Embed(Feature::Dimensions) => models::embed_dimensions;
    "image_generate", Needs::Operation(OperationKind::GenerateImage) => media::image_generate;
    "image_edit", Needs::Image(Feature::ImageEdit) => media::image_edit;
    "image_url_and_base64", Needs::Operation(OperationKind::GenerateImage) => media::image_url_and_base64;
    "rerank_scores_in_order", Needs::Operation(OperationKind::Rerank) => models::rerank_scores_in_order;
    "speech_bytes_and_format", Needs::Operation(OperationKind::Speak) => media::speech_bytes_and_format;
    "transcribe_text_and_segments", Needs::Operation(OperationKind::Transcribe)
        => media::transcribe_text_and_segments;
    "moderate_categories", Needs::Operation(OperationKind::Moderate) => models::moderate_categories;
    "count_tokens", Needs::Operation(OperationKind::CountTokens) => chat::count_tokens;
    "list_models", Needs::Operation(OperationKind::ListModels) => models::list_models;
    "error_authentication", CHAT => errors::authentication;
    "error_permission", CHAT => errors::permission;
    "error_model_not_found", CHAT => errors::model_not_found;
    "error_invalid_request", CHAT => errors::invalid_request;
    "error_context_length", CHAT => errors::context_length;
    "error_rate_limited_retry_after", CHAT => errors::rate_limited_retry_after;
    "error_overloaded", CHAT => errors::overloaded;
    "error_server", CHAT => errors::server;
    "error_timeout", CHAT => errors::timeout;
    "error_body_not_json", CHAT => errors::body_not_json;
    "bad_address", CHAT => bad_input::address;
    "bad_kept_elsewhere", CHAT => bad_input::kept_elsewhere;
    "bad_key", CHAT => bad_input::key;
    "bad_model_gone", CHAT => bad_input::model_gone;
    "bad_nothing_asked", CHAT => bad_input::nothing_asked;
    "bad_nothing_to_embed", EMBED => bad_input::nothing_to_embed;
    "bad_nothing_to_rank", Needs::Operation(OperationKind::Rerank) => bad_input::nothing_to_rank;
    "bad_oversize_image", Needs::Chat(Feature::ImageInput) => bad_input::oversize_image;
    "bad_prompt_beyond_chats", CHAT => bad_input::prompt_beyond_chats;
    "bad_region", Needs::Place => bad_input::region;
    "bad_result_without_call", Needs::Chat(Feature::Tools) => bad_input::result_without_call;
    "secret_not_in_debug", CHAT => secrets::not_in_debug;
    "secret_not_in_error", CHAT => secrets::not_in_error;
    "secret_not_in_trace", CHAT => secrets::not_in_trace;
    "capabilities_match_fixtures", CHAT => capabilities_match_fixtures;
}

/// Makes the tests of the suite: one function per case, named after it. The argument gives the [`Subject`].
#[macro_export]
macro_rules! suite {
    ($subject:expr) => {
        $crate::suite! { @tests $subject;
            chat_text chat_system_message chat_multi_turn chat_settings_mapped chat_nothing_vanishes chat_image_input chat_tool_call
            chat_parallel_tool_calls chat_tool_result_round_trip chat_tool_choice chat_json_schema chat_reasoning
            chat_finish_length chat_finish_content_filter chat_usage chat_unknown_fields_ignored
            chat_unsupported_setting_warns
            stream_text stream_tool_call stream_parallel_tool_calls stream_reasoning stream_usage_on_finish
            stream_split_anywhere stream_unknown_event_skipped stream_malformed_frame_errs stream_truncated_errs
            stream_error_event stream_matches_chat stream_drop_cancels
            embed_one embed_batch_keeps_order embed_dimensions
            image_generate image_edit image_url_and_base64
            rerank_scores_in_order speech_bytes_and_format transcribe_text_and_segments moderate_categories
            count_tokens list_models
            error_authentication error_permission error_model_not_found error_invalid_request
            error_context_length error_rate_limited_retry_after error_overloaded error_server error_timeout
            error_body_not_json
            bad_address bad_kept_elsewhere bad_key bad_model_gone bad_nothing_asked bad_nothing_to_embed bad_nothing_to_rank
            bad_oversize_image bad_prompt_beyond_chats bad_region bad_result_without_call
            secret_not_in_debug secret_not_in_error secret_not_in_trace
            capabilities_match_fixtures
        }
    };
    (@tests $subject:expr; $($name:ident)+) => {
        $(
            #[test]
            fn $name() {
                $crate::run(stringify!($name), $subject);
            }
        )+

        #[test]
        fn suite_is_complete() {
            $crate::suite_is_complete(&[$(stringify!($name)),+], &$subject);
        }
    };
}

/// Runs one case on a clock of its own, or says why it is skipped.
///
/// # Panics
/// When the vendor does not behave, and for a name that no case has.
pub fn run(name: &str, subject: Subject) {
    let case = CASES
        .iter()
        .find(|case| case.name == name)
        .unwrap_or_else(|| panic!("there is no case {name}"));
    if let Some(reason) = skipped(case, &subject) {
        eprintln!("skipped: {} {name}: {reason}", subject.id);
        return;
    }
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without I/O can always be made")
        .block_on((case.run)(subject));
}

/// Checks that every case has its test, that every excuse is for a case and gives a reason, and that no fixture lies idle.
///
/// # Panics
/// When one of these does not hold.
pub fn suite_is_complete(tests: &[&str], subject: &Subject) {
    let names: Vec<&str> = CASES.iter().map(|case| case.name).collect();
    assert_eq!(tests, names, "the tests are not the cases of the suite");
    for (name, reason) in &subject.skips {
        assert!(names.contains(name), "{name} is skipped, but is no case");
        assert!(!reason.trim().is_empty(), "{name} is skipped without a reason");
    }
    let repeated = subject.fixtures.repeated();
    assert!(
        repeated.is_empty(),
        "these fixtures say what the family's say: {repeated:?}"
    );
    for file in subject.fixtures.files() {
        let (case, rest) = file
            .split_once('.')
            .unwrap_or_else(|| panic!("{file} is no fixture's name"));
        let known =
            names.contains(&case) || ["chat_image_input_url", "chat_reasoning_replay"].contains(&case);
        let form = [
            "request.json",
            "response.json",
            "response.sse",
            "response.jsonl",
            "response.events",
            "response.http",
        ];
        assert!(
            known && form.contains(&rest),
            "no case reads {} in {}",
            file,
            subject.dir().display()
        );
    }
}

fn skipped(case: &Case, subject: &Subject) -> Option<String> {
    if let Some((_, reason)) = subject.skips.iter().find(|(name, _)| *name == case.name) {
        return Some((*reason).to_owned());
    }
    let missing = missing(case.needs, subject)?;
    Some(format!("{missing} is not among the capabilities"))
}

/// The operation that a case is about; one that is no case of its own is about chat.
pub(crate) fn operation_of(case: &str) -> OperationKind {
    let known = CASES.iter().find(|known| known.name == case);
    known.map_or(OperationKind::Chat, |case| case.needs.operation())
}

/// What the vendor does not declare of what a case needs.
fn missing(needs: Needs, subject: &Subject) -> Option<&'static str> {
    let capabilities = subject.capabilities();
    let operation = needs.operation();
    let features = match needs {
        Needs::Place if subject.place.is_none() => return Some("a choice of regions"),
        Needs::Operation(_) | Needs::Place => vec![],
        Needs::Stream(feature) => vec![Feature::Streaming, feature],
        Needs::Chat(feature) | Needs::Embed(feature) | Needs::Image(feature) => vec![feature],
    };
    if !capabilities.has(operation) {
        return Some(operation.as_str());
    }
    features
        .into_iter()
        .find(|feature| !capabilities.features.contains(*feature))
        .map(Feature::as_str)
}

/// No fixture shows what is not declared, and what recordings show is declared.
async fn capabilities_match_fixtures(subject: Subject) {
    let files = subject.fixtures.files();
    for case in CASES {
        let Some(missing) = missing(case.needs, &subject) else {
            continue;
        };
        let shown = files.iter().any(|file| file.split('.').next() == Some(case.name));
        assert!(
            !shown,
            "there are fixtures of {}, but {missing} is not among the capabilities",
            case.name
        );
    }
    let Some(recordings) = std::env::var_os("ROUTER_CASSETTES") else {
        eprintln!(
            "skipped: {} against recordings: ROUTER_CASSETTES not set",
            subject.id
        );
        return;
    };
    let features = subject.capabilities().features;
    for (feature, recording) in recorded(&std::path::Path::new(&recordings).join(subject.id)) {
        assert!(
            features.contains(feature),
            "{recording} shows {feature}, which is not among the capabilities"
        );
    }
}

/// Whether a recorded answer, be it text or JSON, has a choice beside the first.
fn has_second_choice(response: &serde_json::Value) -> bool {
    let text = response.to_string();
    let bare: String = text
        .chars()
        .filter(|char| !char.is_whitespace() && *char != '\\')
        .collect();
    bare.contains("\"index\":1")
}

/// Features that answered recordings of a vendor show, each with one of them.
fn recorded(dir: &std::path::Path) -> Vec<(Feature, String)> {
    const LABELS: &[(&str, Feature)] = &[
        ("stream", Feature::Streaming),
        ("system", Feature::SystemMessages),
        ("tool_call", Feature::Tools),
        ("parallel_tools", Feature::ParallelToolCalls),
        ("json_schema", Feature::JsonSchema),
        ("json_object", Feature::JsonObject),
        ("reasoning", Feature::Reasoning),
        ("image_base64", Feature::ImageInput),
        ("image_url", Feature::ImageUrlInput),
        ("document", Feature::DocumentInput),
        ("audio_input", Feature::AudioInput),
        ("video_input", Feature::VideoInput),
        ("logprobs", Feature::Logprobs),
        ("n_choices", Feature::SeveralChoices),
        ("dimensions", Feature::Dimensions),
    ];
    const ENDPOINTS: &[&str] = &["chat", "responses", "messages", "generateContent", "embeddings"];
    let mut found: Vec<(Feature, String)> = Vec::new();
    for entry in std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
    {
        let Ok(text) = std::fs::read(entry.path()) else {
            continue;
        };
        let Ok(recording) = serde_json::from_slice::<serde_json::Value>(&text) else {
            continue;
        };
        let words: Vec<&str> = recording["features"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(serde_json::Value::as_str)
            .collect();
        let endpoint = recording["endpoint"].as_str().unwrap_or_default();
        let failed =
            recording["response"]["status"] != 200 || words.iter().any(|word| word.contains("error"));
        if failed || !ENDPOINTS.contains(&endpoint) {
            continue;
        }
        for (label, feature) in LABELS {
            // Several may be asked for of a vendor that gives one all the same.
            let given = *feature != Feature::SeveralChoices || has_second_choice(&recording["response"]);
            if given && words.contains(label) && found.iter().all(|(known, _)| known != feature) {
                found.push((*feature, recording["id"].to_string()));
            }
        }
    }
    found
}
