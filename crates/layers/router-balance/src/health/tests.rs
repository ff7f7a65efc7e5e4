//! A target's health through failures, cooldowns and recoveries.

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn failure(kind: ErrorKind) -> Failure {
    Failure {
        kind,
        retry_after: None,
        dead_key: false,
    }
}

fn left(health: &Health, now: Instant, rules: &HealthConfig) -> Option<Duration> {
    match health.standing(now, rules) {
        Standing::Cooling(cooldown) => Some(cooldown.until - now),
        _ => None,
    }
}

#[test]
fn failures_in_a_row_eject() {
    let (mut health, rules, now) = (Health::default(), HealthConfig::default(), Instant::now());
    for _ in 0..4 {
        assert_eq!(health.failed(failure(ErrorKind::Server), now, &rules), None);
    }
    health.succeeded(now, &rules);
    for _ in 0..4 {
        health.failed(failure(ErrorKind::Server), now, &rules);
    }
    assert_eq!(left(&health, now, &rules), None, "a success begins a new row");
}

#[test]
fn a_ratio_ejects() {
    let (mut health, now) = (Health::default(), Instant::now());
    let rules = HealthConfig {
        consecutive_failures: 0,
        ..HealthConfig::default()
    };
    for _ in 0..6 {
        health.succeeded(now, &rules);
    }
    for _ in 0..5 {
        assert_eq!(health.failed(failure(ErrorKind::Server), now, &rules), None);
    }
    health.failed(failure(ErrorKind::Server), now, &rules);
    assert_eq!(left(&health, now, &rules), Some(30 * SECOND));
}

/// Check 11: a second failure extends a cooldown, and a shorter wait does not shorten it.
#[test]
fn a_cooldown_ends_at_the_later_of_two_times() {
    let (mut health, rules, now) = (Health::default(), HealthConfig::default(), Instant::now());
    let asks = |seconds| Failure {
        retry_after: Some(seconds * SECOND),
        ..failure(ErrorKind::RateLimited)
    };
    health.failed(asks(10), now, &rules);
    assert_eq!(left(&health, now, &rules), Some(10 * SECOND));
    health.failed(asks(3), now + SECOND, &rules);
    assert_eq!(
        left(&health, now + SECOND, &rules),
        Some(9 * SECOND),
        "a shorter wait changes nothing"
    );
    health.failed(asks(20), now + 2 * SECOND, &rules);
    assert_eq!(left(&health, now + 2 * SECOND, &rules), Some(20 * SECOND));
}

/// Within an ejection, or before one, a vendor may ask for a wait that is over sooner. It holds: no probe or panic ends it.
#[test]
fn what_a_vendor_asks_for_holds_within_an_ejection() {
    let (rules, now) = (HealthConfig::default(), Instant::now());
    let asks = Failure {
        retry_after: Some(20 * SECOND),
        ..failure(ErrorKind::Overloaded)
    };
    for asks_first in [true, false] {
        let mut health = Health::default();
        if asks_first {
            health.failed(asks, now, &rules);
        }
        for _ in 0..5 {
            health.failed(failure(ErrorKind::Server), now, &rules);
        }
        if !asks_first {
            health.failed(asks, now, &rules);
        }
        assert_eq!(left(&health, now, &rules), Some(30 * SECOND), "the later end");
        let later = now + 10 * SECOND;
        health.probed(later, later, &rules);
        assert_eq!(left(&health, later, &rules), Some(20 * SECOND));
        let Standing::Cooling(cooldown) = health.standing(later, &rules) else {
            panic!("it is left alone");
        };
        assert!(cooldown.asked, "first: {asks_first}");
    }
    // What was asked for and is over binds no later ejection.
    let mut health = Health::default();
    health.failed(asks, now, &rules);
    let later = now + 25 * SECOND;
    for _ in 0..5 {
        health.failed(failure(ErrorKind::Server), later, &rules);
    }
    health.probed(later + SECOND, later + SECOND, &rules);
    assert_eq!(left(&health, later + SECOND, &rules), None);
}

#[test]
fn a_cooldown_of_zero_means_never() {
    let (mut health, now) = (Health::default(), Instant::now());
    let rules = HealthConfig {
        cooldown: Duration::ZERO,
        ..HealthConfig::default()
    };
    for _ in 0..100 {
        let asks = Failure {
            retry_after: Some(SECOND),
            ..failure(ErrorKind::Overloaded)
        };
        assert_eq!(health.failed(asks, now, &rules), None);
    }
    assert_eq!(health.standing(now, &rules), Standing::Ready);
}

#[test]
fn calls_that_fail_together_are_one_ejection() {
    let (mut health, rules, now) = (Health::default(), HealthConfig::default(), Instant::now());
    for _ in 0..100 {
        health.failed(failure(ErrorKind::Transport), now, &rules);
    }
    assert_eq!(left(&health, now, &rules), Some(30 * SECOND));
}

#[test]
fn one_call_tries_and_then_the_share_grows() {
    let (mut health, rules, now) = (Health::default(), HealthConfig::default(), Instant::now());
    for _ in 0..5 {
        health.failed(failure(ErrorKind::Server), now, &rules);
    }
    let over = now + 30 * SECOND;
    assert_eq!(health.standing(over, &rules), Standing::Trial);
    assert!(health.begin(over, &rules));
    assert_eq!(health.standing(over, &rules), Standing::OnTrial);
    assert!(!health.begin(over, &rules), "a second call is no trial");
    health.trial_over();
    health.failed(failure(ErrorKind::Server), over, &rules);
    assert_eq!(
        left(&health, over, &rules),
        Some(60 * SECOND),
        "the second time in a row is twice as long"
    );

    let over = over + 60 * SECOND;
    assert!(health.begin(over, &rules));
    health.trial_over();
    health.answered(over, over, &rules);
    assert_eq!(health.standing(over, &rules), Standing::Growing(FIRST_SHARE));
    assert_eq!(
        health.standing(over + 15 * SECOND, &rules),
        Standing::Growing(0.5)
    );
    assert!(health.is_degraded(over, &rules));
    let well = over + 30 * SECOND;
    assert_eq!(health.standing(well, &rules), Standing::Ready);
    health.succeeded(well, &rules);
    for _ in 0..5 {
        health.failed(failure(ErrorKind::Server), well, &rules);
    }
    assert_eq!(
        left(&health, well, &rules),
        Some(30 * SECOND),
        "what was well begins anew"
    );
}

#[test]
fn an_answer_to_an_older_call_ends_nothing() {
    let (mut health, rules, now) = (Health::default(), HealthConfig::default(), Instant::now());
    let later = now + SECOND;
    for _ in 0..5 {
        health.failed(failure(ErrorKind::Server), later, &rules);
    }
    health.answered(now, later + SECOND, &rules);
    assert!(left(&health, later, &rules).is_some());
}
