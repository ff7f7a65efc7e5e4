//! The requests of all wires, read as a server and written again as a client.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    if let Err(why) = router_cassette::oracles::request(input) {
        panic!("{why}");
    }
});
