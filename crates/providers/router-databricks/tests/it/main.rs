//! The suite that every provider runs, over Databricks.

mod differences;
#[cfg(feature = "client")]
mod principal;

use router_conformance::Subject;
use router_databricks::DatabricksCodec;

fn subject() -> Subject {
    Subject::of::<DatabricksCodec>(env!("CARGO_MANIFEST_DIR"))
        .compatible()
        .embedding_model("databricks-gte-large-en")
}

router_conformance::suite!(subject());
