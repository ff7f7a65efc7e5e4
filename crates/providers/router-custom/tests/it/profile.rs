//! The plain dialect is the family's.

use router_conformance::profile::{differences, expected};
use router_custom::CustomCodec;

#[test]
fn nothing_differs_from_the_family() {
    assert_eq!(differences::<CustomCodec>(), expected("{}"));
}
