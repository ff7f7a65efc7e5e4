//! Names of models.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    if let Err(why) = router_cassette::oracles::model_ref(input) {
        panic!("{why}");
    }
});
