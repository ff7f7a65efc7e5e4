//! The vendors: one line for each.

use crate::registry::Entry;

/// `feature => crate as name, entry;`: the vendor's crate under its short name, and its entry in the registry.
macro_rules! providers {
    ($($feature:literal => $krate:ident as $name:ident, $entry:expr;)+) => {
        $(
            #[cfg(feature = $feature)]
            pub use $krate as $name;
        )+

        /// The entries, in the order in which a default is looked for.
        pub(crate) fn entries() -> Vec<Entry> {
            [
                $(
                    #[cfg(feature = $feature)]
                    $entry,
                )+
            ]
            .to_vec()
        }
    };
}

providers! {
    // Those that most people have a key for.
    "openai" => router_openai as openai, Entry::of::<openai::OpenAiCodec>();
    "anthropic" => router_anthropic as anthropic, Entry::of::<anthropic::AnthropicCodec>();
    "gemini" => router_gemini as gemini, Entry::of::<gemini::GeminiCodec>();
    "deepseek" => router_deepseek as deepseek, Entry::of::<deepseek::DeepSeekCodec>();
    "ollama" => router_ollama as ollama, Entry::of::<ollama::OllamaCodec>();
    // The others, by name.
    // Last, what has no vendor.
    "custom" => router_custom as custom, Entry::of::<custom::CustomCodec>();
    "sim" => router_sim as sim, Entry::of::<sim::SimCodec>();
}
