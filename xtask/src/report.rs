//! Reads what a test runner prints, line by line: what a person sees of it, and how its checks are counted.

use crate::totals::{Runner, Totals};

/// What a test prints when it cannot run here; the rest of the line says why.
const SKIP: &str = "skipped: ";

/// The output of one runner.
#[derive(Debug)]
pub(crate) struct Report {
    runner: Runner,
    totals: Totals,
    /// Tests that passed by saying that they did not run.
    named: u64,
    place: Place,
}

/// Where in the output a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Anywhere else.
    Outside,
    /// In what a passed test printed.
    Passed,
    /// The same, behind a line that said that the test did not run.
    Skipped,
    /// Among failed tests.
    Failed,
}

impl Report {
    pub(crate) fn new(runner: Runner) -> Self {
        Self {
            runner,
            totals: Totals::default(),
            named: 0,
            place: Place::Outside,
        }
    }

    /// Takes a line, and says whether to show it: what passed tests print is hidden, but for why they did not run.
    pub(crate) fn line(&mut self, line: &str) -> bool {
        let plain = without_colours(line);
        let plain = plain.trim();
        if let Some(found) = self.runner.read(plain) {
            self.totals += found;
            self.place = Place::Outside;
            return true;
        }
        if let Some(place) = self.place_from(plain) {
            self.place = place;
            return place == Place::Failed;
        }
        match self.place {
            Place::Outside | Place::Failed => true,
            Place::Passed | Place::Skipped => {
                let skip = plain.starts_with(SKIP);
                if skip && self.place == Place::Passed {
                    self.named += 1;
                    self.place = Place::Skipped;
                }
                skip
            }
        }
    }

    /// The sum; a test that says that it did not run counts as skipped, not as passed.
    pub(crate) fn totals(&self) -> Totals {
        let named = self.named.min(self.totals.passed);
        Totals {
            passed: self.totals.passed - named,
            skipped: self.totals.skipped + named,
            ..self.totals
        }
    }

    /// Where the lines behind this one stand, if it is a heading.
    fn place_from(&self, line: &str) -> Option<Place> {
        match self.runner {
            // `PASS [   0.004s] (1/9) crate test`, `FAIL [ …`, `TRY 1 FAIL [ …`, `SIGSEGV [ …`.
            Runner::Nextest => {
                let (status, _) = line.split_once(" [")?;
                let is_status = status.starts_with(|first: char| first.is_ascii_uppercase())
                    && status.chars().all(|character| {
                        character.is_ascii_uppercase() || character.is_ascii_digit() || character == ' '
                    });
                is_status.then_some(match status {
                    "PASS" => Place::Passed,
                    _ => Place::Failed,
                })
            }
            // `successes:` before what passed tests printed, with a heading each; `failures:` before that of failed ones.
            Runner::Libtest => match line {
                "successes:" => Some(Place::Passed),
                "failures:" => Some(Place::Failed),
                _ if line.starts_with("---- ") && self.place == Place::Skipped => Some(Place::Passed),
                _ => None,
            },
            Runner::Pytest | Runner::Script | Runner::Plain => None,
        }
    }
}

fn without_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            // A colour is ESC [ … m: its letter ends it.
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

    /// What is shown of an output, and its sum.
    fn read(runner: Runner, output: &str) -> (Vec<&str>, String) {
        let mut report = Report::new(runner);
        let shown = output.lines().filter(|line| report.line(line)).collect();
        (shown, report.totals().to_string())
    }

    #[test]
    fn nextest_shows_failures_and_named_skips() {
        let output = "\
    Starting 4 tests across 1 binary
        PASS [   0.004s] (1/4) router-x plain
  stdout ───

    test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured
        PASS [   0.004s] (2/4) router-x recordings
  stderr ───
    skipped: ROUTER_CASSETTES not set
    skipped: said twice
        FAIL [   0.004s] (3/4) router-x broken
    assertion failed
        PASS [   0.004s] (4/4) router-x last
        TRY 1 FAIL [   0.004s] (4/4) router-x last
\u{1b}[32;1m     Summary\u{1b}[0m [   0.0s] \u{1b}[1m4\u{1b}[0m tests run: \u{1b}[1m3\u{1b}[0m passed, 1 failed, 0 skipped
        FAIL [   0.004s] (3/4) router-x broken";
        let (shown, totals) = read(Runner::Nextest, output);
        assert_eq!(totals, "2 passed, 1 failed, 1 skipped");
        let shown: Vec<&str> = shown.iter().map(|line| line.trim()).collect();
        assert_eq!(shown.len(), 8, "{shown:?}");
        assert_eq!(shown[1], "skipped: ROUTER_CASSETTES not set");
        assert_eq!(shown[3], "FAIL [   0.004s] (3/4) router-x broken");
        assert_eq!(shown[4], "assertion failed");
    }

    #[test]
    fn libtest_counts_a_named_skip_once_per_test() {
        let output = "\
running 3 tests
test a ... ok

successes:

---- a stdout ----
skipped: x
skipped: y

---- b stdout ----
skipped: z

successes:
    a
    b
    c

failures:

---- d stdout ----
skipped: not counted

test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured";
        let (shown, totals) = read(Runner::Libtest, output);
        assert_eq!(totals, "1 passed, 1 failed, 2 skipped");
        assert!(shown.contains(&"skipped: z") && !shown.contains(&"---- b stdout ----"));
    }

    #[test]
    fn other_runners_are_shown_whole() {
        let (shown, totals) = read(
            Runner::Script,
            "PASS a\nSKIP b\ntitle: 1 passed, 0 failed, 1 skipped",
        );
        assert_eq!(
            (shown.len(), totals.as_str()),
            (3, "1 passed, 0 failed, 1 skipped")
        );
    }
}
