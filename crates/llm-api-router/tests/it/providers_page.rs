//! `docs/providers.md` says what the vendors' crates say.

use std::fmt::Write as _;
use std::path::Path;

use llm_api_router::{Feature, OperationKind, ProviderSettings, Registry};

/// Set to write the page instead of comparing it.
const BLESS: &str = "ROUTER_BLESS";

const HEAD: &str = "# Providers

Made from the vendors' crates; `ROUTER_BLESS=1 cargo test -p llm-api-router --all-features providers_page` writes it. What a
vendor does differently stands in the README of its crate.

A model is `id/model`. Where several variables are named, the first that is set counts; an address in a variable overrides the usual one.
";

const OPERATIONS: [(OperationKind, &str); 9] = [
    (OperationKind::Chat, "chat"),
    (OperationKind::Embed, "embeddings"),
    (OperationKind::GenerateImage, "images"),
    (OperationKind::Rerank, "rerank"),
    (OperationKind::Speak, "speech"),
    (OperationKind::Transcribe, "transcription"),
    (OperationKind::Moderate, "moderation"),
    (OperationKind::CountTokens, "token counts"),
    (OperationKind::ListModels, "model list"),
];

fn words(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

fn page() -> String {
    let mut identity = String::from(
        "\n## Keys and addresses\n\n| vendor | id | also | key | address variable | default model |\n|---|---|---|---|---|---|\n",
    );
    let mut abilities =
        String::from("\n## Operations and features\n\n| id | operations | features |\n|---|---|---|\n");
    for entry in Registry::builtin().entries() {
        let vendor = entry.vendor();
        let settings = ProviderSettings::default()
            .with_api_key("key")
            .with_base_url("http://127.0.0.1:1");
        let provider = Registry::builtin()
            .build(vendor.id, &settings)
            .unwrap_or_else(|error| panic!("{}: {error}", vendor.id));
        let capabilities = provider.capabilities();
        let _ = writeln!(
            identity,
            "| [{}](../crates/{}/README.md) | `{}` | {} | {} | {} | {} |",
            vendor.name,
            if vendor.id == "sim" {
                "router-sim".to_owned()
            } else {
                format!("providers/router-{}", vendor.id)
            },
            vendor.id,
            words(vendor.aliases),
            words(vendor.key_env),
            words(vendor.base_url_env),
            vendor
                .default_model
                .map(|model| format!("`{model}`"))
                .unwrap_or_default(),
        );
        let operations: Vec<&str> = OPERATIONS
            .iter()
            .filter(|(operation, _)| capabilities.has(*operation))
            .map(|(_, word)| *word)
            .collect();
        let features: Vec<&str> = capabilities.features.iter().map(Feature::as_str).collect();
        let _ = writeln!(
            abilities,
            "| `{}` | {} | {} |",
            vendor.id,
            operations.join(", "),
            features.join(", ").replace('_', " ")
        );
    }
    format!("{HEAD}{identity}{abilities}")
}

#[test]
fn the_page_is_what_the_crates_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/providers.md");
    let page = page();
    if std::env::var_os(BLESS).is_some() {
        std::fs::write(&path, page).unwrap();
        return;
    }
    assert_eq!(
        std::fs::read_to_string(&path).unwrap_or_default(),
        page,
        "docs/providers.md is out of date; {BLESS}=1 writes it"
    );
}
