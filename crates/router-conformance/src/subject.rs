//! What the suite is told of a vendor: how to build it, its models, its fixtures, and what does not apply.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use router_core::{Capabilities, ChatRequest, Json, ModelId, OperationKind, Provider, Result, Secret, Usage};
use router_http::replay::ReplayTransport;
use router_http::{HttpProvider, ProviderSettings, Transport};
use router_wire::vendor::{Vendor, VendorCodec};

use crate::fixtures::Fixtures;

/// The key that every provider under test is given. It must turn up in the request's headers and nowhere else.
pub(crate) const KEY: &str = "sk-conformance-canary-4f7a9c2e81d05b36";

/// The address that every provider under test is given.
pub(crate) const ADDRESS: &str = "http://conformance.test";

/// A provider as the suite uses it, and what its `Debug` showed.
pub(crate) struct Built {
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) debug: String,
}

/// Where a vendor is, when it is in several places.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) setting: &'static str,
    pub(crate) build: fn(&ProviderSettings) -> Result<Arc<dyn Provider>>,
}

/// A vendor under test.
#[derive(Clone, Debug)]
pub struct Subject {
    pub(crate) id: &'static str,
    pub(crate) build: fn(Arc<dyn Transport>, bool) -> Built,
    pub(crate) vendor: Vendor,
    pub(crate) bare: fn(&str, Option<&'static str>) -> Result<()>,
    pub(crate) place: Option<Place>,
    pub(crate) fixtures: Fixtures,
    pub(crate) model: ModelId,
    /// Models of single operations.
    models: Vec<(OperationKind, ModelId)>,
    pub(crate) voice: Option<&'static str>,
    pub(crate) options: Option<Json>,
    pub(crate) usage: Usage,
    pub(crate) skips: Vec<(&'static str, &'static str)>,
}

impl Subject {
    /// The vendor of a codec. `crate_dir` is `env!("CARGO_MANIFEST_DIR")`; fixtures are in its `fixtures/`.
    #[must_use]
    pub fn of<C: VendorCodec>(crate_dir: impl AsRef<Path>) -> Self {
        let default_model = C::VENDOR.default_model.unwrap_or("test-model");
        Self {
            id: C::VENDOR.id,
            build: build::<C>,
            vendor: C::VENDOR,
            bare: bare::<C>,
            place: None,
            fixtures: Fixtures::at(crate_dir.as_ref().join("fixtures")),
            model: ModelId::from_static(default_model),
            models: Vec::new(),
            voice: None,
            options: None,
            usage: full_usage(),
            skips: Vec::new(),
        }
    }

    /// With fixtures in a folder below `fixtures/`: for a vendor whose suite runs once for each of its APIs.
    #[must_use]
    pub fn fixtures_in(mut self, folder: &str) -> Self {
        self.fixtures = Fixtures::at(self.fixtures.dir().join(folder));
        self
    }

    /// With the fixtures of OpenAI's family for all that the vendor does as the family does; its own folder holds what
    /// differs, and nothing else.
    #[must_use]
    pub fn compatible(mut self) -> Self {
        self.fixtures = self.fixtures.compatible();
        self
    }

    /// With another chat model than the vendor's default.
    #[must_use]
    pub fn model(mut self, model: &'static str) -> Self {
        self.model = ModelId::from_static(model);
        self
    }

    /// With a model for embeddings.
    #[must_use]
    pub fn embedding_model(self, model: &'static str) -> Self {
        self.model_for(OperationKind::Embed, model)
    }

    /// With a model for an operation; without one it is the chat model.
    #[must_use]
    pub fn model_for(mut self, operation: OperationKind, model: &'static str) -> Self {
        self.models.push((operation, ModelId::from_static(model)));
        self
    }

    /// With a voice for speech.
    #[must_use]
    pub fn voice(mut self, voice: &'static str) -> Self {
        self.voice = Some(voice);
        self
    }

    /// With settings of the vendor on every chat request.
    ///
    /// # Panics
    /// When the settings are not JSON.
    #[must_use]
    pub fn options(mut self, settings: &str) -> Self {
        self.options =
            Some(Json::parse(settings).expect("the settings are written in the test and are JSON"));
        self
    }

    /// Without cached tokens in its counts.
    #[must_use]
    pub fn without_cached_tokens(mut self) -> Self {
        self.usage.cache_read_input_tokens = None;
        self
    }

    /// Without reasoning tokens in its counts.
    #[must_use]
    pub fn without_reasoning_tokens(mut self) -> Self {
        self.usage.reasoning_output_tokens = None;
        self
    }

    /// With counts of tokens written to the cache: 30 of the 120 of `chat_usage`.
    #[must_use]
    pub fn with_cache_creation_tokens(mut self) -> Self {
        self.usage.cache_creation_input_tokens = Some(30);
        self
    }

    /// With the setting that says where the vendor is, a region or a site, and the constructor that reads it.
    #[must_use]
    pub fn place(
        mut self,
        setting: &'static str,
        build: fn(&ProviderSettings) -> Result<Arc<dyn Provider>>,
    ) -> Self {
        self.place = Some(Place { setting, build });
        self
    }

    /// Without a case, and why it does not apply to the vendor.
    #[must_use]
    pub fn skip(mut self, case: &'static str, reason: &'static str) -> Self {
        self.skips.push((case, reason));
        self
    }

    /// The model for an operation.
    pub(crate) fn model_of(&self, operation: OperationKind) -> &ModelId {
        let own = self.models.iter().find(|(known, _)| *known == operation);
        own.map_or(&self.model, |(_, model)| model)
    }

    pub(crate) fn capabilities(&self) -> Arc<Capabilities> {
        let transport = Arc::new(ReplayTransport::new());
        (self.build)(transport, false).provider.capabilities()
    }

    pub(crate) fn dir(&self) -> PathBuf {
        self.fixtures.dir().to_owned()
    }

    /// The request with the vendor's settings.
    pub(crate) fn prepared(&self, mut request: ChatRequest) -> ChatRequest {
        if let Some(options) = &self.options {
            request
                .provider_options
                .set(self.id, &options)
                .expect("the settings were checked to be JSON");
        }
        request
    }
}

fn build<C: VendorCodec>(transport: Arc<dyn Transport>, skip_malformed: bool) -> Built {
    let mut builder = HttpProvider::<C>::builder()
        .api_key(Secret::from(KEY))
        .base_url(ADDRESS)
        .transport(transport);
    if skip_malformed {
        builder = builder.skip_malformed_frames();
    }
    let mut debug = format!("{builder:?}");
    let provider = builder
        .build()
        .unwrap_or_else(|error| panic!("the provider does not build: {error}"));
    debug.push_str(&format!(" {provider:?} {provider:#?}"));
    Built {
        provider: Arc::new(provider),
        debug,
    }
}

/// Whether a provider is built of an address and a key.
fn bare<C: VendorCodec>(address: &str, key: Option<&'static str>) -> Result<()> {
    let mut builder = HttpProvider::<C>::builder()
        .base_url(address)
        .transport(Arc::new(ReplayTransport::new()));
    if let Some(key) = key {
        builder = builder.api_key(key);
    }
    builder.build().map(|_| ())
}

/// The counts of `chat_usage`, before a vendor takes away what it does not tell.
fn full_usage() -> Usage {
    let mut usage = Usage::new(120, 45);
    usage.cache_read_input_tokens = Some(64);
    usage.reasoning_output_tokens = Some(20);
    usage
}
