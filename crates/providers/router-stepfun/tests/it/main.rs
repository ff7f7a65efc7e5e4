//! The suite that every provider runs, over StepFun.

mod differences;

use router_conformance::Subject;
use router_stepfun::StepFunCodec;

fn subject() -> Subject {
    Subject::of::<StepFunCodec>(env!("CARGO_MANIFEST_DIR")).compatible()
}

router_conformance::suite!(subject());
