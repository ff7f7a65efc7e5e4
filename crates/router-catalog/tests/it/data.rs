//! What the data holds, and what a record of one's own does to it.

use router_catalog::{Ability, Catalog};
use router_core::tokens::{ModelCatalog, PriceBook};
use router_core::{ErrorKind, Feature, Usage};

#[test]
fn every_record_is_read_and_makes_sense() {
    let catalog = Catalog::builtin();
    let mut count = 0;
    for model in catalog.models() {
        count += 1;
        assert!(!model.id.as_str().is_empty() && !model.provider.as_str().is_empty());
        assert!(
            model.context != Some(0) && model.max_output != Some(0),
            "{}: unknown is absent",
            model.id
        );
        for ability in &model.caps {
            assert_ne!(*ability, Ability::Other, "{}", model.id);
        }
        if let Some(price) = &model.price {
            let prices = [price.input, price.output, price.cache_read, price.cache_write];
            assert!(
                prices
                    .iter()
                    .flatten()
                    .all(|price| price.is_finite() && *price >= 0.0),
                "{}",
                model.id
            );
        }
    }
    assert!(count > 2500, "{count} models");
}

#[test]
fn providers_have_our_ids() {
    let catalog = Catalog::builtin();
    for (provider, model) in [
        ("zhipu", "glm-5.2"),
        ("aliyun", "qwen3-max"),
        ("anthropic", "claude-haiku-4-5"),
    ] {
        assert!(
            catalog.get(&provider.into(), &model.into()).is_some(),
            "{provider}/{model}"
        );
    }
    let foreign = [
        "zai",
        "dashscope",
        "nvidia-nim",
        "black-forest-labs",
        "azure-ai-foundry",
    ];
    assert!(
        catalog
            .models()
            .all(|model| !foreign.contains(&model.provider.as_str()))
    );
}

#[test]
fn facts_are_features_to_choose_by() {
    let model = Catalog::builtin()
        .get(&"anthropic".into(), &"claude-haiku-4-5".into())
        .expect("a known model");
    let features = model.features();
    assert!(features.contains(Feature::Tools) && features.contains(Feature::DocumentInput));
    assert!(!features.contains(Feature::AudioInput));
}

#[test]
fn bedrock_s_regional_copies_are_the_model() {
    let catalog = Catalog::builtin();
    let model = catalog
        .models()
        .find(|model| model.provider == *"bedrock" && model.price.is_some())
        .expect("a model of Bedrock");
    let copy = format!("eu.{}", model.id).into();
    assert_eq!(
        catalog.get(&"bedrock".into(), &copy).map(|found| &found.id),
        Some(&model.id)
    );
    assert!(
        catalog
            .get(&"anthropic".into(), &"eu.claude-haiku-4-5".into())
            .is_none()
    );
}

#[test]
fn nothing_is_guessed_from_a_name() {
    let catalog = Catalog::builtin();
    let unknown = "claude-haiku-4-5-of-mine".into();
    assert_eq!(catalog.model(&"anthropic".into(), &unknown), None);
    assert_eq!(
        catalog.price(&"anthropic".into(), &unknown, &Usage::new(1, 1)),
        None
    );
}

#[test]
fn records_of_one_s_own_come_first() {
    let own = r#"{"provider":"anthropic","id":"claude-haiku-4-5","context":7,"price":{"in":2.0,"out":4.0}}"#;
    let catalog = Catalog::builtin().clone().with_jsonl(own).expect("a record");
    let found = catalog.model(&"anthropic".into(), &"claude-haiku-4-5".into());
    assert_eq!(found.and_then(|model| model.context_window), Some(7));

    let error = Catalog::new().with_jsonl("{}\n").expect_err("no record");
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.message().contains("line 1"), "{error}");
}
