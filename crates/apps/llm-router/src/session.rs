//! `--session`: conversations of the command line, in files of a folder unless a configuration says otherwise.

use std::path::PathBuf;
use std::sync::Arc;

use llm_api_router::conversation::{ConversationLayer, FileStore, Policy};
use llm_api_router::counting::Counter;
use llm_api_router::{Client, Context, ConversationId, Layer as _, Provider};

use crate::failure::Failure;

/// The client as one that remembers, and a context that names the conversation.
pub(crate) fn remembering(
    client: Client,
    name: &str,
    folder: Option<PathBuf>,
) -> Result<(Arc<dyn Provider>, Context), Failure> {
    if name.is_empty() {
        return Err(Failure::Usage("--session: a name is needed".to_owned()));
    }
    let context = Context::new().with_extension(ConversationId::new(name));
    if client.remembers() {
        return Ok((Arc::new(client), context));
    }
    let store = FileStore::new(folder.or_else(usual).ok_or_else(|| {
        Failure::Usage(
            "--session: there is no home folder to keep it in; name one with --sessions".to_owned(),
        )
    })?)?;
    let layer = ConversationLayer::new(Policy::default())
        .with_store(Arc::new(store))
        .with_counter(Arc::new(Counter::new()));
    Ok((Arc::new(layer.layer(client)), context))
}

/// Where a user's programs keep such things.
fn usual() -> Option<PathBuf> {
    let set = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let state = set("XDG_STATE_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".local/state")))
        .or_else(|| set("LOCALAPPDATA"));
    state.map(|folder| folder.join("llm-router/sessions"))
}
