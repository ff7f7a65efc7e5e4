//! The contract of all layers: over one target, and over a pool of one key.

use router_balance::{Balance, HedgeConfig, KeyPool, Strategy, Target};
use router_conformance::provider_contract::{check, check_calls};

use crate::vendor::{Vendor, seconds};

#[tokio::test]
async fn one_target_keeps_the_contract() {
    for strategy in Strategy::ALL {
        check(|inner| {
            let builder = Balance::builder().strategy(*strategy).target(Target::new(inner));
            builder.build().expect("it builds")
        })
        .await;
    }
}

/// The rarely used ways keep it as well.
#[tokio::test(start_paused = true)]
async fn several_targets_keep_the_contract() {
    check_calls(|inner| {
        let mut hedge = HedgeConfig::default();
        hedge.delay = Some(seconds(1));
        let idle = Vendor::well("idle").target().with_priority(1);
        let builder = Balance::builder()
            .target(Target::new(inner))
            .target(idle)
            .hedge(hedge);
        builder.build().expect("it builds")
    })
    .await;
}

#[tokio::test]
async fn one_key_keeps_the_contract() {
    check(|inner| KeyPool::new([inner]).expect("it builds")).await;
}
