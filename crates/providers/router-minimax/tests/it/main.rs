//! The suite that every provider runs, over MiniMax.

mod differences;

use router_conformance::Subject;
use router_minimax::MiniMaxCodec;

fn subject() -> Subject {
    Subject::of::<MiniMaxCodec>(env!("CARGO_MANIFEST_DIR")).compatible()
}

router_conformance::suite!(subject());
