//! The stream decoders of all wires, cut anywhere.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    if let Err(why) = router_cassette::oracles::stream_decoder(input) {
        panic!("{why}");
    }
});
