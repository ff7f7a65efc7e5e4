//! Follows `docs/adding-a-provider.md` in a copy of the workspace: a vendor made by the scaffold passes its tests as it is.

use std::fs;
use std::path::Path;

use crate::totals::{Runner, Totals};
use crate::{Arguments, Outcome, new_provider, only_flags, process, tidy, workspace};

/// What the copy leaves out: what is built, and what other tools keep.
const LEFT_OUT: [&str; 5] = ["target", ".git", ".venv", "node_modules", ".cache"];

/// The vendor that is made.
const NAME: &str = "scaffolded";

pub(crate) fn run(arguments: Arguments<'_>) -> Outcome {
    only_flags(arguments, &[])?;
    let copy = workspace::target().join("scaffold");
    let failed = |error: std::io::Error| format!("{}: {error}", copy.display());
    if copy.exists() {
        fs::remove_dir_all(&copy).map_err(failed)?;
    }
    copy_folder(&workspace::root(), &copy).map_err(failed)?;
    let words = [NAME, "--compatible", "--root", &copy.display().to_string()].map(str::to_owned);
    let mut totals = new_provider::run(&words)?;

    // The same target folder: what the workspace depends on is built already.
    let mut command = process::cargo();
    command
        .current_dir(&copy)
        .args(["test", "--offline", "--package"])
        .arg(format!("router-{NAME}"))
        .args(["--features", "reqwest,hyper", "--target-dir"])
        .arg(workspace::target());
    totals += process::run_and_count(&mut command, Runner::Libtest)?;
    let mut command = process::cargo();
    command
        .current_dir(&copy)
        .args([
            "check",
            "--quiet",
            "--offline",
            "--package",
            "llm-api-router",
            "--features",
            NAME,
            "--target-dir",
        ])
        .arg(workspace::target());
    totals += Totals::of_check(process::run(&mut command)?);
    totals += Totals::of_check(tidy::findings(&copy)? == 0);
    fs::remove_dir_all(&copy).map_err(failed)?;
    Ok(totals)
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if LEFT_OUT.iter().any(|left| name == *left) {
            continue;
        }
        let target = to.join(&name);
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
