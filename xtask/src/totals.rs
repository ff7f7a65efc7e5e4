//! Reads the last lines of test runners and adds them up.

use std::fmt;
use std::ops::AddAssign;

/// How many checks passed, failed and were skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Totals {
    /// One check, as it went.
    pub(crate) fn of_check(passed: bool) -> Self {
        Self {
            passed: u64::from(passed),
            failed: u64::from(!passed),
            skipped: 0,
        }
    }

    /// Checks that did not run.
    pub(crate) fn skipped(count: u64) -> Self {
        Self {
            skipped: count,
            ..Self::default()
        }
    }

    /// A run in which nothing passed proves nothing.
    pub(crate) fn is_success(self) -> bool {
        self.failed == 0 && self.passed > 0
    }
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

/// Whose summary a line may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Runner {
    /// `Summary [ 0.1s] 3 tests run: 2 passed, 1 failed, 0 skipped`.
    Nextest,
    /// `test result: ok. 3 passed; 0 failed; 1 ignored; …`, one line per binary.
    Libtest,
    /// `3 passed, 1 skipped in 0.12s`.
    Pytest,
    /// `title: 3 passed, 0 failed, 1 skipped`.
    Script,
    /// `3 passed, 0 failed, 1 skipped` alone on a line.
    Plain,
}

impl Runner {
    /// The totals of a line, if it is a summary of this runner.
    pub(crate) fn read(self, line: &str) -> Option<Totals> {
        let line = without_colours(line);
        let line = line.trim();
        let counts = match self {
            Self::Nextest => {
                let (head, counts) = line.split_once(" run: ")?;
                (head.starts_with("Summary") && head.contains("test")).then_some(counts)?
            }
            Self::Libtest => line.strip_prefix("test result: ")?.split_once(". ")?.1,
            Self::Pytest => {
                let (counts, time) = line.trim_matches(['=', ' ']).rsplit_once(" in ")?;
                time.starts_with(|c: char| c.is_ascii_digit()).then_some(counts)?
            }
            Self::Plain => line.ends_with(" skipped").then_some(line)?,
            Self::Script => {
                let (_, counts) = line.rsplit_once(": ")?;
                counts.ends_with(" skipped").then_some(counts)?
            }
        };
        let mut totals = Totals::default();
        let mut found = false;
        for (count, word) in counted(counts) {
            match word {
                "passed" | "xpassed" => totals.passed += count,
                "failed" | "error" | "errors" | "timed out" | "exec failed" => totals.failed += count,
                "skipped" | "ignored" | "xfailed" => totals.skipped += count,
                // Parts of another count (`1 slow`), and tests that a filter left out.
                _ => continue,
            }
            found = true;
        }
        found.then_some(totals)
    }
}

/// `2 passed (1 slow), 1 timed out` as pairs; what is in brackets is a part of the count before it.
fn counted(text: &str) -> impl Iterator<Item = (u64, &str)> {
    text.split([',', ';']).filter_map(|part| {
        let (count, word) = part.trim().split_once(' ')?;
        let word = word.split('(').next().unwrap_or(word).trim();
        Some((count.parse().ok()?, word))
    })
}

fn without_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            // A colour is ESC [ … m: its letters end it.
            for inside in characters.by_ref() {
                if inside.is_ascii_alphabetic() {
                    break;
                }
            }
        } else {
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals(passed: u64, failed: u64, skipped: u64) -> Option<Totals> {
        Some(Totals {
            passed,
            failed,
            skipped,
        })
    }

    #[test]
    fn nextest() {
        let read = |line| Runner::Nextest.read(line);
        assert_eq!(
            read("     Summary [   0.012s] 9 tests run: 9 passed, 2 skipped"),
            totals(9, 0, 2)
        );
        assert_eq!(
            read("     Summary [   0.012s] 1 test run: 1 passed, 0 skipped"),
            totals(1, 0, 0)
        );
        assert_eq!(
            read(
                "Summary [1.0s] 5/7 tests run: 2 passed (1 slow, 1 leaky), 1 failed, 1 timed out, 1 exec failed, 4 skipped"
            ),
            totals(2, 3, 4)
        );
        assert_eq!(
            read(
                "\u{1b}[32;1m     Summary\u{1b}[0m [   0.0s] \u{1b}[1m3\u{1b}[0m tests run: \u{1b}[1m3\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m, \u{1b}[1m0\u{1b}[0m \u{1b}[33;1mskipped\u{1b}[0m"
            ),
            totals(3, 0, 0)
        );
        assert_eq!(read("        PASS [   0.004s] xtask tests run: 3 passed"), None);
    }

    #[test]
    fn libtest() {
        let read = |line| Runner::Libtest.read(line);
        assert_eq!(
            read(
                "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.01s"
            ),
            totals(3, 0, 1)
        );
        assert_eq!(
            read("test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured"),
            totals(1, 2, 0)
        );
        assert_eq!(read("test totals::tests::libtest ... ok"), None);
    }

    #[test]
    fn pytest() {
        let read = |line| Runner::Pytest.read(line);
        assert_eq!(
            read("93 passed, 4 skipped, 2 xfailed, 6 warnings in 12.31s"),
            totals(93, 0, 6)
        );
        assert_eq!(
            read("==== 1 failed, 2 passed, 3 errors in 0.12s (0:00:12) ===="),
            totals(2, 4, 0)
        );
        assert_eq!(read("imported modules in 3 places"), None);
    }

    #[test]
    fn script() {
        let read = |line| Runner::Script.read(line);
        assert_eq!(
            read("openai (python): 61 passed, 0 failed, 5 skipped"),
            totals(61, 0, 5)
        );
        assert_eq!(
            read("FAIL chat/basic (line 3): AssertionError: 3 skipped"),
            totals(0, 0, 3)
        );
        assert_eq!(read("PASS chat/basic"), None);
    }

    #[test]
    fn a_run_without_a_pass_is_no_success() {
        assert!(!Totals::default().is_success());
        assert!(!Totals::skipped(3).is_success());
        assert!(Totals::of_check(true).is_success());
        assert!(!Totals::of_check(false).is_success());
    }
}
