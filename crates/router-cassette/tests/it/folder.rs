//! The folder of recordings.

use std::path::PathBuf;

use router_cassette::{Cassette, read_dir};

/// The folder, unless the variable is not set; says so then.
pub(crate) fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("ROUTER_CASSETTES").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: ROUTER_CASSETTES not set");
    }
    folder
}

/// All recordings in it.
pub(crate) fn recordings() -> Option<Vec<Cassette>> {
    Some(read_dir(&folder()?).expect("a folder of recordings"))
}
