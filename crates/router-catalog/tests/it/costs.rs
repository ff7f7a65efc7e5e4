//! Costs against a table worked out by hand, in cents of a cent.

use router_catalog::{Catalog, Price};
use router_core::Usage;

fn usage(change: impl FnOnce(&mut Usage)) -> Usage {
    let mut usage = Usage::new(10_000, 2_000);
    change(&mut usage);
    usage
}

fn price(json: &str) -> Price {
    serde_json::from_str(json).expect("a price")
}

fn close(got: Option<f64>, wanted: f64) {
    let got = got.expect("a cost");
    assert!((got - wanted).abs() < 1e-9, "got {got}, wanted {wanted}");
}

const FULL: &str = r#"{"in":3,"out":15,"cache_read":0.3,"cache_write":3.75,"cache_write_1h":6,"reasoning_out":20,
    "audio_in":40,"audio_out":80,"tiers":[{"above":200000,"in":6,"out":22.5,"cache_read":0.6},{"above":500000,"in":12}]}"#;

#[test]
fn the_table_by_hand() {
    let full = price(FULL);
    let total = |usage: &Usage| full.cost(usage).map(|cost| cost.total());
    // 10 000 × 3 + 2 000 × 15 = 60 000 millionths.
    close(total(&usage(|_| {})), 0.06);
    // 4 000 read: 6 000 × 3 + 4 000 × 0.3 + 2 000 × 15.
    close(total(&usage(|u| u.cache_read_input_tokens = Some(4_000))), 0.0492);
    // 1 000 written for five minutes, 2 000 for an hour: 7 000 × 3 + 1 000 × 3.75 + 2 000 × 6 + 30 000.
    close(
        total(&usage(|u| {
            u.cache_creation_input_tokens = Some(3_000);
            u.cache_creation_1h_input_tokens = Some(2_000);
        })),
        0.066_75,
    );
    // 500 of the output is reasoning: 30 000 + 1 500 × 15 + 500 × 20.
    close(total(&usage(|u| u.reasoning_output_tokens = Some(500))), 0.0625);
    // Sound: 1 000 in, 100 out: 9 000 × 3 + 1 000 × 40 + 1 900 × 15 + 100 × 80.
    close(
        total(&usage(|u| {
            u.audio_input_tokens = Some(1_000);
            u.audio_output_tokens = Some(100);
        })),
        0.1035,
    );
}

#[test]
fn a_tier_prices_the_whole_call() {
    let full = price(FULL);
    let total = |input: u64| full.cost(&Usage::new(input, 1_000)).map(|cost| cost.total());
    close(total(200_000), 0.6 + 0.015);
    close(total(200_001), 1.200_006 + 0.0225);
    // The highest one that is passed; what it does not name costs as below all of them.
    close(total(600_000), 7.2 + 0.015);
}

#[test]
fn what_has_no_price_of_its_own_costs_as_the_rest() {
    let plain = price(r#"{"in":1,"out":2}"#);
    let cost = plain.cost(&usage(|u| {
        u.cache_read_input_tokens = Some(1_000);
        u.cache_creation_input_tokens = Some(1_000);
        u.reasoning_output_tokens = Some(1_000);
        u.audio_output_tokens = Some(500);
    }));
    close(cost.map(|cost| cost.total()), 0.014);
}

#[test]
fn an_unknown_price_is_no_cost_and_not_zero() {
    let input_only = price(r#"{"in":1}"#);
    assert!(input_only.cost(&Usage::new(1, 1)).is_none());
    close(
        input_only
            .cost(&Usage::new(1_000_000, 0))
            .map(|cost| cost.total()),
        1.0,
    );
}

/// Prices as the vendor printed them when the data was made.
#[test]
fn known_models_cost_what_their_vendor_says() {
    let catalog = Catalog::builtin();
    let cost = |provider: &str, model: &str, usage: &Usage| {
        catalog
            .cost(&provider.into(), &model.into(), usage)
            .map(|cost| cost.total())
    };
    let cached = usage(|u| {
        u.cache_read_input_tokens = Some(4_000);
        u.cache_creation_input_tokens = Some(1_000);
    });
    // claude-haiku-4-5: 5 000 × 1 + 4 000 × 0.1 + 1 000 × 1.25 + 2 000 × 5.
    close(cost("anthropic", "claude-haiku-4-5", &cached), 0.016_65);
    // deepseek-flash in the expensive hours: 6 000 × 0.3 + 4 000 × 0.006 + 2 000 × 1.2.
    let read = usage(|u| u.cache_read_input_tokens = Some(4_000));
    close(cost("deepseek", "deepseek-flash", &read), 0.004_224);
}
