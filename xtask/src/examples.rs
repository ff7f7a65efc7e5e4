//! `cargo xtask examples`: every example runs without a key and prints what stands beside it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::totals::Totals;
use crate::{Arguments, Outcome, only_flags, process, workspace};

pub(crate) fn run(arguments: Arguments<'_>) -> Outcome {
    only_flags(arguments, &["--bless"])?;
    let bless = !arguments.is_empty();
    let folder = workspace::root().join("examples");
    let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut examples: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    examples.retain(|path| path.join("Cargo.toml").is_file());
    examples.sort();

    let mut totals = Totals::default();
    for example in &examples {
        totals += Totals::of_check(check(example, bless)?);
    }
    Ok(totals)
}

/// Runs the example in a folder: `input.txt` is its input, `expected.txt` what it has to print.
fn check(folder: &Path, bless: bool) -> Result<bool, String> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let mut command = process::cargo();
    command.args(["run", "--quiet", "--package", &name]);
    process::without_vendors(&mut command);
    let input = folder.join("input.txt");
    match fs::File::open(&input) {
        Ok(file) => command.stdin(file),
        Err(_) => command.stdin(Stdio::null()),
    };
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("{name} does not start: {error}"))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let file = folder.join("expected.txt");
    if bless && output.status.success() {
        fs::write(&file, printed.as_bytes()).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    let good = output.status.success() && printed == expected && !expected.is_empty();
    if good {
        println!("PASS example {name}");
    } else {
        println!("FAIL example {name}: {}", output.status);
        println!("--- expected\n{expected}--- printed\n{printed}---");
    }
    Ok(good)
}
