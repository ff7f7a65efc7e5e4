//! The suite that every provider runs, over Groq.

mod differences;

use router_conformance::Subject;
use router_groq::GroqCodec;

fn subject() -> Subject {
    Subject::of::<GroqCodec>(env!("CARGO_MANIFEST_DIR")).compatible()
}

router_conformance::suite!(subject());
