//! JSON lines, cut anywhere.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    if let Err(why) = router_cassette::oracles::json_lines(input) {
        panic!("{why}");
    }
});
