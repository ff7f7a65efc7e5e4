//! Where things are: the workspace, and the folders of recordings and clients beside it.

use std::path::{Path, PathBuf};

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// The folder that builds go to.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// A folder that tests can be judged by: named by a variable, or lying beside the workspace in `shared`.
pub(crate) fn shared(variable: &str, name: &str) -> Option<PathBuf> {
    let named = std::env::var_os(variable)
        .filter(|path| !path.is_empty())
        .map(PathBuf::from);
    let beside = || root().parent().map(|parent| parent.join("shared").join(name));
    named.or_else(beside).filter(|path| path.is_dir())
}
