//! The Responses API: items in, items out.

pub mod request;
pub mod response;
#[cfg(feature = "server")]
pub mod server;
pub mod stream;
mod wire;

/// The name of this wire in unnamed fields.
pub const WIRE: &str = "openai.responses";

/// Items that the caller may have to run, with the tool's name and the field that holds the arguments.
const LOCAL_TOOLS: &[(&str, &str, &str)] = &[
    ("local_shell_call", "local_shell", "action"),
    ("shell_call", "shell", "action"),
    ("apply_patch_call", "apply_patch", "operation"),
    ("computer_call", "computer", "action"),
];
