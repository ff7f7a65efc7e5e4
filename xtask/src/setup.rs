//! What the clients need beside the workspace, and how it is installed: all of it below the target folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{process, workspace};

/// A copy of clients' scripts below the target folder, made anew.
pub(crate) fn scripts(clients: &Path, name: &str) -> Result<PathBuf, String> {
    let copy = workspace::target().join(name);
    copy_folder(clients, &copy).map_err(|error| format!("{}: {error}", copy.display()))?;
    Ok(copy)
}

/// A Python with the packages that the scripts require, in a virtual environment of its own.
///
/// Without `install`, only one that is there already.
pub(crate) fn python(scripts: &Path, install: bool) -> Result<PathBuf, String> {
    let mut environment = scripts.to_path_buf().into_os_string();
    environment.push("-venv");
    let environment = PathBuf::from(environment);
    let python = environment.join("bin/python");
    let requirements = scripts.join("requirements.txt");
    let installed = Installed {
        wanted: requirements.clone(),
        mark: environment.join("installed.txt"),
    };
    if installed.is_current() {
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
    if !process::run(Command::new("python3").args(["-m", "venv"]).arg(&environment))? {
        return Err("python3 makes no virtual environment (Debian: python3-venv)".to_owned());
    }
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--requirement"])
        .arg(&requirements);
    if !process::run(&mut pip)? {
        return Err("Python packages cannot be installed".to_owned());
    }
    installed.remember()?;
    Ok(python)
}

/// Installs the Node packages of the scripts beside them.
///
/// Without `install`, those that are there already must do.
pub(crate) fn node(scripts: &Path, install: bool) -> Result<(), String> {
    let installed = Installed {
        wanted: scripts.join("package.json"),
        mark: scripts.join("node_modules/installed.json"),
    };
    if !process::exists("node") {
        return Err("node is not there".to_owned());
    }
    if installed.is_current() {
        return Ok(());
    }
    if !install {
        return Err("Node packages are not installed (--setup installs them)".to_owned());
    }
    if !process::exists("npm") {
        return Err("npm is not there".to_owned());
    }
    println!("setup: Node packages of the clients into {}", scripts.display());
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--silent"])
        .current_dir(scripts);
    if !process::run(&mut npm)? {
        return Err("Node packages cannot be installed".to_owned());
    }
    installed.remember()
}

/// What is wanted, and the copy of it that says that it has been installed.
struct Installed {
    wanted: PathBuf,
    mark: PathBuf,
}

impl Installed {
    fn is_current(&self) -> bool {
        let wanted = fs::read(&self.wanted);
        wanted.is_ok_and(|wanted| fs::read(&self.mark).is_ok_and(|mark| mark == wanted))
    }

    fn remember(&self) -> Result<(), String> {
        fs::read(&self.wanted)
            .and_then(|wanted| fs::write(&self.mark, wanted))
            .map_err(|error| format!("{}: {error}", self.mark.display()))
    }
}

/// Copies what a folder holds, but for packages that were installed in it.
fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        let target = to.join(&name);
        if !entry.path().is_dir() {
            fs::write(&target, fs::read(entry.path())?)?;
        } else if name != "node_modules" && name != "__pycache__" {
            copy_folder(&entry.path(), &target)?;
        }
    }
    Ok(())
}
