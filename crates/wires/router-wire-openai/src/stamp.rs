//! Ids and times that a server makes up where the vendor gave none.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Seconds since 1970.
pub(crate) fn seconds() -> i64 {
    now().as_secs() as i64
}

/// A number that differs from answer to answer.
pub(crate) fn stamp() -> u64 {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    (now().as_nanos() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ count
}
