//! The oracles of the fuzz targets over their seeds, and over seeds that were spoilt in a thousand ways.

use std::fs;
use std::path::{Path, PathBuf};

use router_cassette::oracles::ORACLES;

/// How often each seed is spoilt.
const SPOILT: usize = 200;

fn seeds() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds")
}

/// Numbers that look like chance and are the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        // Xorshift, by Marsaglia.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }
}

/// Words that a wire's reader looks at.
const WORDS: &[&str] = &[
    "null",
    "[]",
    "{}",
    "\"\"",
    "-1",
    "1e99",
    "true",
    "\n",
    "\r\n",
    "\n\n",
    "data:",
    "event: error\n",
    "{",
    "}",
    "[",
    "]",
    "\"",
    ",",
    ":",
    "\\u0000",
    "😀",
    "\u{feff}",
    "[DONE]",
    "\"error\":{\"message\":\"x\"},",
    "\"index\":7,",
];

/// One of the ways to spoil bytes: a piece cut out, doubled, or replaced by a byte or a word.
fn spoil(input: &mut Vec<u8>, chance: &mut Chance) {
    let at = chance.below(input.len() + 1);
    let to = (at + chance.below(24)).min(input.len());
    match chance.below(5) {
        0 => drop(input.drain(at..to)),
        1 => {
            let piece = input[at..to].to_vec();
            input.splice(at..at, piece);
        }
        2 => input.truncate(at.max(1)),
        3 => drop(input.splice(at..to, WORDS[chance.below(WORDS.len())].bytes())),
        _ if at < input.len() => input[at] = chance.below(256) as u8,
        _ => {}
    }
}

#[test]
fn seeds_whole_and_spoilt() {
    let mut chance = Chance(0x5EED);
    for (name, oracle) in ORACLES {
        let folder = seeds().join(name);
        let mut files: Vec<PathBuf> = fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .map(|entry| entry.expect("a readable entry").path())
            .collect();
        files.sort();
        assert!(!files.is_empty(), "{name} has no seeds");
        for file in files {
            let seed = fs::read(&file).expect("a readable file");
            for round in 0..=SPOILT {
                let mut input = seed.clone();
                for _ in 0..round % 5 {
                    spoil(&mut input, &mut chance);
                }
                if let Err(why) = oracle(&input) {
                    panic!(
                        "{name} {} round {round}: {why}\n{:?}",
                        file.display(),
                        String::from_utf8_lossy(&input)
                    );
                }
            }
        }
    }
}
