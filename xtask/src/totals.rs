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

    /// Whether nothing failed. A run in which nothing passed proves nothing, and fails where it is `strict`.
    pub(crate) fn is_success(self, strict: bool) -> bool {
        self.failed == 0 && (self.passed > 0 || !strict)
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
    /// The totals of a line without colours and margins, if it is a summary of this runner.
    pub(crate) fn read(self, line: &str) -> Option<Totals> {
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
            Self::Plain => is_whole(line).then_some(line)?,
            Self::Script => {
                let (_, counts) = line.rsplit_once(": ")?;
                is_whole(counts).then_some(counts)?
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

/// Whether all three counts are there and nothing else.
fn is_whole(counts: &str) -> bool {
    counted(counts)
        .map(|(_, word)| word)
        .eq(["passed", "failed", "skipped"])
        && counts.split(',').count() == 3
}

/// `2 passed (1 slow), 1 timed out` as pairs; what is in brackets is a part of the count before it.
fn counted(text: &str) -> impl Iterator<Item = (u64, &str)> {
    text.split([',', ';']).filter_map(|part| {
        let (count, word) = part.trim().split_once(' ')?;
        let word = word.split('(').next().unwrap_or(word).trim();
        Some((count.parse().ok()?, word))
    })
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
            read("Summary [   0.012s] 9 tests run: 9 passed, 2 skipped"),
            totals(9, 0, 2)
        );
        assert_eq!(
            read("Summary [   0.012s] 1 test run: 1 passed, 0 skipped"),
            totals(1, 0, 0)
        );
        assert_eq!(
            read(
                "Summary [1.0s] 5/7 tests run: 2 passed (1 slow, 1 leaky), 1 failed, 1 timed out, 1 exec failed, 4 skipped"
            ),
            totals(2, 3, 4)
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
        assert_eq!(read("FAIL chat/basic (line 3): AssertionError: 3 skipped"), None);
        assert_eq!(read("PASS chat/basic"), None);
    }

    #[test]
    fn plain() {
        let read = |line| Runner::Plain.read(line);
        assert_eq!(read("12 passed, 0 failed, 3 skipped"), totals(12, 0, 3));
        assert_eq!(read("SKIP openai/x: 3 skipped"), None);
        assert_eq!(read("took long, 12 passed, 0 failed, 3 skipped"), None);
    }

    #[test]
    fn a_strict_run_without_a_pass_is_no_success() {
        assert!(!Totals::skipped(3).is_success(true));
        assert!(Totals::skipped(3).is_success(false));
        assert!(Totals::of_check(true).is_success(true));
        assert!(!Totals::of_check(false).is_success(false));
    }
}
