//! Recorded replies give the values that were worked out for them without our code.

use std::collections::BTreeMap;

use router_cassette::{Verdict, read_dir, read_expected, replay, verdict};

use crate::folder;

fn all_equal(of: impl Fn(&str) -> bool) {
    let Some(folder) = folder::folder() else { return };
    let cassettes = read_dir(&folder).expect("a folder of recordings");
    let expected = read_expected(&folder.join("expected.jsonl")).expect("expected outcomes");
    let (mut equal, mut skipped, mut report) = (0, BTreeMap::new(), Vec::new());
    for cassette in cassettes.iter().filter(|cassette| of(&cassette.endpoint)) {
        match verdict(&replay(cassette), expected.get(&cassette.id)) {
            Verdict::Equal => equal += 1,
            Verdict::Skipped(why) => *skipped.entry(why).or_insert(0) += 1,
            Verdict::Differs(found) => report.push(format!("{}\n    {}", cassette.id, found.join("\n    "))),
        }
    }
    println!("{equal} equal");
    for (why, count) in skipped {
        println!("{count} not judged: {why}");
    }
    assert!(
        report.is_empty(),
        "{} recordings differ:\n{}",
        report.len(),
        report.join("\n")
    );
}

macro_rules! endpoints {
    ($($test:ident: $endpoint:literal,)*) => {
        $(
            #[test]
            fn $test() {
                all_equal(|endpoint| endpoint == $endpoint);
            }
        )*

        const TESTED: &[&str] = &[$($endpoint),*];
    };
}

endpoints! {
    chat: "chat",
    responses: "responses",
    messages: "messages",
    generate_content: "generateContent",
    converse: "converse",
    invoke: "invoke",
    embeddings: "embeddings",
    models: "models",
    count_tokens: "count_tokens",
    images: "images",
    speech: "audio-speech",
    transcription: "audio-transcription",
    rerank: "rerank",
    moderations: "moderations",
}

#[test]
fn other_endpoints() {
    all_equal(|endpoint| !TESTED.contains(&endpoint));
}
