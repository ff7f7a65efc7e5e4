//! Where things are: the workspace, and the folders of recordings and clients beside it.

use std::path::{Path, PathBuf};

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_path_buf()
}

/// The folder that builds go to.
pub(crate) fn target() -> PathBuf {
    let named = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    root().join(named)
}

/// A folder that tests can be judged by: named by a variable, or lying beside the workspace in `shared`.
///
/// The path is absolute, since tests run in the folders of their crates. A variable that names no folder is an error:
/// otherwise what it was set for would be skipped.
pub(crate) fn shared(variable: &str, name: &str) -> Result<Option<PathBuf>, String> {
    if let Some(named) = std::env::var_os(variable).filter(|path| !path.is_empty()) {
        let folder = PathBuf::from(named);
        return match folder.canonicalize() {
            Ok(folder) if folder.is_dir() => Ok(Some(folder)),
            _ => Err(format!("{variable} names no folder: {}", folder.display())),
        };
    }
    let beside = root().parent().map(|parent| parent.join("shared").join(name));
    Ok(beside.filter(|folder| folder.is_dir()))
}
