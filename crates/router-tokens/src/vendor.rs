//! Asks the vendor for a count, and counts here where it has none.

use router_core::tokens::{TokenCount, TokenCounter};
use router_core::{ChatRequest, ErrorKind, ModelId, Provider, ProviderExt as _, Result, Warning};

/// A count, and what to know of it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Asked {
    /// The tokens.
    pub count: TokenCount,
    /// Set where the vendor has no counts and the number is from here.
    pub warning: Option<Warning>,
}

/// The count of the vendor, by its own endpoint. Costs a request; where the vendor has no such endpoint, the count is
/// `counter`'s, with a warning.
///
/// # Errors
/// Those of the call, except [`ErrorKind::Unsupported`].
pub async fn ask(
    provider: &(impl Provider + ?Sized),
    model: impl Into<ModelId> + Send,
    chat: ChatRequest,
    counter: &dyn TokenCounter,
) -> Result<Asked> {
    let model = model.into();
    match provider.count_tokens(model.clone(), chat.clone()).await {
        Ok(answer) => {
            let warning = answer.head.warnings.first().cloned();
            Ok(Asked {
                count: answer.into_value(),
                warning,
            })
        }
        Err(error) if error.kind() == ErrorKind::Unsupported => Ok(Asked {
            count: TokenCount::new(counter.count_chat(&model, &chat)),
            warning: Some(Warning::emulated(
                "count_tokens",
                format!(
                    "{} has no endpoint that counts; the count is our own",
                    provider.id()
                ),
            )),
        }),
        Err(error) => Err(error),
    }
}
