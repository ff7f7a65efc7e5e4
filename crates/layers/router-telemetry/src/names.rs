//! OpenTelemetry's registered words, where they differ from ours.

use router_core::ProviderId;

/// Providers: our id, and the word that is registered for `gen_ai.provider.name`.
const PROVIDERS: &[(&str, &str)] = &[
    ("azure", "azure.ai.openai"),
    ("bedrock", "aws.bedrock"),
    ("gemini", "gcp.gemini"),
    ("mistral", "mistral_ai"),
    ("vertex", "gcp.vertex_ai"),
    ("watsonx", "ibm.watsonx.ai"),
    ("xai", "x_ai"),
];

/// Operations: our name, and the word that is registered for `gen_ai.operation.name`.
const OPERATIONS: &[(&str, &str)] = &[("embed", "embeddings")];

/// A provider's registered word; of one that has none, or a name of its own in a configuration, its id.
pub(crate) fn provider(id: &ProviderId) -> &str {
    word(PROVIDERS, id.as_str())
}

/// An operation's registered word, or its name.
pub(crate) fn operation(name: &'static str) -> &'static str {
    word(OPERATIONS, name)
}

fn word<'a>(table: &'static [(&'static str, &'static str)], ours: &'a str) -> &'a str {
    let found = table.iter().find(|(name, _)| *name == ours);
    found.map_or(ours, |(_, word)| word)
}
