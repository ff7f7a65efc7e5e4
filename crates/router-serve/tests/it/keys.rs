//! Keys that are kept as hashes: who has the key is let in, and what is kept opens nothing.

use router_core::{Scripted, Secret};
use router_serve::{KeyHash, Keys, Service};
use router_wire::HttpRequest;

/// A new key, of bytes that a seed gives.
fn new_key(seed: u64) -> (Secret, KeyHash) {
    let mut chance = fastrand::Rng::with_seed(seed);
    let mut random = [0; KeyHash::RANDOM];
    chance.fill(&mut random);
    KeyHash::of_new_key(&random)
}

#[test]
fn a_hash_lets_its_key_in_and_no_other() {
    let (key, hash) = new_key(1);
    let (other, _) = new_key(2);
    let kept: KeyHash = hash.to_string().parse().expect("it reads what it writes");
    assert_eq!(kept, hash);
    let keys = Keys::hashed([("team-a".into(), kept)]);
    assert!(keys.accept(Some(key.expose())));
    let key = key.expose();
    for wrong in [
        None,
        Some(""),
        Some(other.expose()),
        // What is kept opens nothing, neither whole nor in parts.
        Some(hash.to_string().as_str()),
        hash.to_string().rsplit(':').next(),
        Some(&key[..key.len() - 1]),
        Some(&format!("{key}0")),
        Some(&key.to_uppercase()),
        // The public part with another secret one.
        Some(&format!("{}{}", &key[..17], &other.expose()[17..])),
    ] {
        assert!(!keys.accept(wrong), "{wrong:?}");
    }
}

/// Plain keys, hashes, and hashes with one id stand beside each other.
#[test]
fn every_key_is_found_among_many() {
    let mut keys = Keys::of([Secret::new("sk-plain")]);
    let mut made = Vec::new();
    for seed in 0..200 {
        let (key, hash) = new_key(seed);
        keys = keys.and(Keys::hashed([(format!("caller-{seed}").into(), hash)]));
        made.push(key);
    }
    // As many bits of an id as two keys can have in common: all.
    let mut random = [0; KeyHash::RANDOM];
    let (first, hash) = KeyHash::of_new_key(&random);
    keys = keys.and(Keys::hashed([("first".into(), hash)]));
    random[KeyHash::RANDOM / 2] = 1;
    let (second, hash) = KeyHash::of_new_key(&random);
    keys = keys.and(Keys::hashed([("second".into(), hash)]));
    assert_eq!(first.expose()[..16], second.expose()[..16]);
    assert_ne!(first.expose(), second.expose());
    made.extend([first, second, Secret::new("sk-plain")]);
    for key in &made {
        assert!(keys.accept(Some(key.expose())));
    }
    assert!(!keys.accept(Some(new_key(777).0.expose())));
    assert!(!keys.accept(Some("sk-llmr-")));
}

/// Two keys have two salts, so that equal keys are not seen to be equal; and keys and hashes are shown nowhere.
#[test]
fn what_is_kept_tells_nothing_of_the_key() {
    let (key, hash) = new_key(3);
    let secret = key.expose().rsplit('-').next().expect("a secret part");
    assert_eq!(secret.len(), 52);
    let kept = hash.to_string();
    for part in [&secret[..12], &secret[20..32], &secret[40..]] {
        assert!(!kept.contains(part), "{kept}");
    }
    let keys = Keys::hashed([("team-a".into(), hash)]);
    let shown = format!("{keys:?} {key:?} {key}");
    let digest = kept.rsplit(':').next().expect("a digest");
    assert!(!shown.contains(secret) && !shown.contains(digest), "{shown}");
    let masked = router_core::secret::mask_secrets(key.expose()).into_owned();
    assert!(!masked.contains(&secret[..12]), "{masked}");
}

#[test]
fn what_is_no_hash_is_refused_and_not_shown() {
    let (key, hash) = new_key(4);
    let right = hash.to_string();
    for wrong in [
        "",
        "***",
        "sha1:abc",
        key.expose(),
        &right.replacen("blake3", "md5", 1),
        &right[..right.len() - 2],
        &format!("{right}:"),
        &right.replacen(':', ":i", 1),
    ] {
        let error = wrong.parse::<KeyHash>().expect_err(wrong).to_string();
        assert!(error.contains("llm-router key new"), "{error}");
        assert!(wrong.len() < 4 || !error.contains(wrong), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stranger_is_refused_and_who_has_the_key_served() {
    let (key, hash) = new_key(5);
    let service =
        Service::new(Scripted::new().text("Hello!")).with_keys(Keys::hashed([("team-a".into(), hash)]));
    let ask = async |key: &str| {
        let body = r#"{"model":"any","messages":[{"role":"user","content":"Hi"}]}"#;
        let mut request = HttpRequest::post_json("/v1/chat/completions", body);
        let value = format!("Bearer {key}").parse().expect("a header");
        request.headers.insert("authorization", value);
        service.respond(request).await.into_whole().await.status
    };
    assert_eq!(ask("sk-llmr-00000000-0").await, 401);
    assert_eq!(ask(key.expose()).await, 200);
}
