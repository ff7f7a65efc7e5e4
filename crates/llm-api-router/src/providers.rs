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
    "anthropic" => router_anthropic as anthropic, Entry::of::<anthropic::AnthropicCodec>().on_wires(&["anthropic"]);
    "gemini" => router_gemini as gemini, Entry::of::<gemini::GeminiCodec>().on_wires(&["gemini"]);
    "deepseek" => router_deepseek as deepseek, Entry::of::<deepseek::DeepSeekCodec>();
    "ollama" => router_ollama as ollama, Entry::of::<ollama::OllamaCodec>().on_wires(&["ollama"]);
    // The others, by name.
    "aliyun" => router_aliyun as aliyun, Entry::new(<aliyun::AliyunCodec as router_wire::vendor::VendorCodec>::VENDOR, aliyun::build);
    "azure" => router_azure as azure, Entry::new(<azure::AzureCodec as router_wire::vendor::VendorCodec>::VENDOR, azure::build);
    "baidu" => router_baidu as baidu, Entry::of::<baidu::BaiduCodec>();
    "bedrock" => router_bedrock as bedrock, Entry::new(bedrock::VENDOR, bedrock::build).on_wires(&["bedrock", "anthropic"]);
    "bfl" => router_bfl as bfl, Entry::of::<bfl::BflCodec>().on_wires(&[]);
    "cerebras" => router_cerebras as cerebras, Entry::of::<cerebras::CerebrasCodec>();
    "cloudflare" => router_cloudflare as cloudflare, Entry::new(<cloudflare::CloudflareCodec as router_wire::vendor::VendorCodec>::VENDOR, cloudflare::build);
    "cohere" => router_cohere as cohere, Entry::of::<cohere::CohereCodec>().on_wires(&["cohere"]);
    "databricks" => router_databricks as databricks, Entry::new(<databricks::DatabricksCodec as router_wire::vendor::VendorCodec>::VENDOR, databricks::build);
    "fireworks" => router_fireworks as fireworks, Entry::of::<fireworks::FireworksCodec>();
    "groq" => router_groq as groq, Entry::of::<groq::GroqCodec>();
    "huggingface" => router_huggingface as huggingface, Entry::new(<huggingface::HuggingFaceCodec as router_wire::vendor::VendorCodec>::VENDOR, huggingface::build);
    "jina" => router_jina as jina, Entry::of::<jina::JinaCodec>();
    "llamacpp" => router_llamacpp as llamacpp, Entry::of::<llamacpp::LlamaCppCodec>();
    "lmstudio" => router_lmstudio as lmstudio, Entry::of::<lmstudio::LmStudioCodec>();
    "minimax" => router_minimax as minimax, Entry::of::<minimax::MiniMaxCodec>();
    "mistral" => router_mistral as mistral, Entry::of::<mistral::MistralCodec>();
    "moonshot" => router_moonshot as moonshot, Entry::of::<moonshot::MoonshotCodec>();
    "nvidia" => router_nvidia as nvidia, Entry::of::<nvidia::NvidiaCodec>();
    "openrouter" => router_openrouter as openrouter, Entry::new(<openrouter::OpenRouterCodec as router_wire::vendor::VendorCodec>::VENDOR, openrouter::build);
    "perplexity" => router_perplexity as perplexity, Entry::of::<perplexity::PerplexityCodec>();
    "replicate" => router_replicate as replicate, Entry::of::<replicate::ReplicateCodec>().on_wires(&[]);
    "sambanova" => router_sambanova as sambanova, Entry::of::<sambanova::SambaNovaCodec>();
    "siliconflow" => router_siliconflow as siliconflow, Entry::of::<siliconflow::SiliconFlowCodec>();
    "stability" => router_stability as stability, Entry::of::<stability::StabilityCodec>().on_wires(&[]);
    "stepfun" => router_stepfun as stepfun, Entry::of::<stepfun::StepFunCodec>();
    "tencent" => router_tencent as tencent, Entry::of::<tencent::TencentCodec>();
    "together" => router_together as together, Entry::of::<together::TogetherCodec>();
    "vertex" => router_vertex as vertex, Entry::new(<vertex::VertexCodec as router_wire::vendor::VendorCodec>::VENDOR, vertex::build).on_wires(&["gemini", "anthropic"]);
    "vllm" => router_vllm as vllm, Entry::of::<vllm::VllmCodec>();
    "volcengine" => router_volcengine as volcengine, Entry::of::<volcengine::VolcengineCodec>();
    "voyage" => router_voyage as voyage, Entry::of::<voyage::VoyageCodec>();
    "watsonx" => router_watsonx as watsonx, Entry::new(<watsonx::WatsonxCodec as router_wire::vendor::VendorCodec>::VENDOR, watsonx::build);
    "zhipu" => router_zhipu as zhipu, Entry::new(<zhipu::ZhipuCodec as router_wire::vendor::VendorCodec>::VENDOR, zhipu::build);
    "xai" => router_xai as xai, Entry::of::<xai::XaiCodec>();
    // Last, what has no vendor.
    "custom" => router_custom as custom, Entry::of::<custom::CustomCodec>();
    "sim" => router_sim as sim, Entry::of::<sim::SimCodec>();
}
