//! What tests need beside the workspace, and how it is installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process;
use crate::workspace;

/// A Python with the clients' packages, in a virtual environment below the target folder.
///
/// Without `install`, only one that is there already.
pub(crate) fn python(clients: &Path, install: bool) -> Result<PathBuf, String> {
    let environment = workspace::target().join("clients-venv");
    let python = environment.join("bin/python");
    let done = environment.join("installed");
    if done.exists() {
        return Ok(python);
    }
    if !install {
        return Err("Python packages are not installed (--setup installs them)".to_owned());
    }
    if !process::exists("python3") {
        return Err("python3 is not there".to_owned());
    }
    println!(
        "setup: Python packages of the clients into {}",
        environment.display()
    );
    let made = process::run(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--requirement"])
        .arg(clients.join("requirements.txt"));
    if !made || !process::run(&mut pip)? {
        return Err("Python packages cannot be installed".to_owned());
    }
    std::fs::write(&done, "").map_err(|error| format!("{}: {error}", done.display()))?;
    Ok(python)
}

/// A copy of the clients' scripts with their Node packages, below the target folder: the folder itself may be read-only.
pub(crate) fn scripts(clients: &Path) -> Result<PathBuf, String> {
    let copy = workspace::target().join("clients");
    copy_folder(clients, &copy).map_err(|error| format!("{}: {error}", copy.display()))?;
    Ok(copy)
}

/// Installs the scripts' Node packages.
pub(crate) fn node(scripts: &Path, install: bool) -> Result<(), String> {
    if scripts.join("node_modules/openai").is_dir() {
        return Ok(());
    }
    if !install {
        return Err("Node packages are not installed (--setup installs them)".to_owned());
    }
    if !process::exists("node") || !process::exists("npm") {
        return Err("node or npm is not there".to_owned());
    }
    println!("setup: Node packages of the clients into {}", scripts.display());
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--silent"])
        .current_dir(scripts);
    if process::run(&mut npm)? {
        Ok(())
    } else {
        Err("Node packages cannot be installed".to_owned())
    }
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::write(&target, std::fs::read(entry.path())?)?;
        }
    }
    Ok(())
}
