//! `cargo xtask ci`: formatting, lints, structure, tests.

use crate::totals::Totals;
use crate::{Arguments, Outcome, only_flags, process, test, tidy};

pub(crate) fn run(arguments: Arguments<'_>) -> Outcome {
    only_flags(arguments, &["--setup"])?;
    let mut totals = Totals::default();
    for words in [
        &["fmt", "--all", "--check"][..],
        &[
            "clippy",
            "--workspace",
            "--all-features",
            "--all-targets",
            "--",
            "--deny",
            "warnings",
        ],
    ] {
        println!("== cargo {}", words.join(" "));
        totals += Totals::of_check(process::run(process::cargo().args(words))?);
    }
    totals += tidy::run(&[])?;
    totals += test::run(arguments)?;
    Ok(totals)
}
