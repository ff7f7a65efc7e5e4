//! Two processes on one Redis let through what one would.

use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use router_conformance::redis::RedisServer;
use router_ratelimit::{Limit, Rate};

use crate::acquire;
use crate::shared::{patient, shared};

const PER_SECOND: u64 = 100;
const BURST: u64 = 20;
const TIME: Duration = Duration::from_secs(3);
/// What a process may be late in writing down that a call passed.
const LATE: u64 = 100_000;

#[test]
fn two_processes_let_through_what_one_would() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    let this = std::env::current_exe().expect("a test is a program");
    let processes = [0, 1].map(|_| {
        Command::new(&this)
            .args([
                "shared::processes::the_other_process",
                "--exact",
                "--ignored",
                "--nocapture",
            ])
            .env("ROUTER_TEST_REDIS", server.url())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a test starts again")
    });
    let mut passed = Vec::new();
    for process in processes {
        let output = process.wait_with_output().expect("it ends");
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).expect("text");
        let times = text
            .lines()
            .filter_map(|line| line.strip_prefix("passed ")?.parse::<u64>().ok());
        let before = passed.len();
        passed.extend(times);
        assert!(passed.len() > before + 20, "each of them lets calls through");
    }
    passed.sort_unstable();
    let whole = passed.last().expect("calls passed") - passed[0];
    let expected = (BURST + PER_SECOND * (whole + LATE) / 1_000_000) as usize;
    assert!(
        passed.len() <= expected,
        "{} in {whole} microseconds",
        passed.len()
    );
    assert!(
        passed.len() * 10 >= expected * 8,
        "{} of {expected}: what one would",
        passed.len()
    );
    for window in [100_000, 500_000, 1_000_000] {
        for from in &passed {
            let within = passed
                .iter()
                .filter(|at| (*from..from + window).contains(at))
                .count() as u64;
            let most = BURST + PER_SECOND * (window + LATE) / 1_000_000;
            assert!(within <= most, "{within} in {window} microseconds");
        }
    }
}

#[tokio::test]
#[ignore = "the other process of two_processes_let_through_what_one_would, which starts it"]
async fn the_other_process() {
    let url = std::env::var("ROUTER_TEST_REDIS").expect("the address of the Redis");
    let limiter = shared(
        &patient(url),
        [Limit::requests(Rate::per_second(PER_SECOND).with_burst(BURST))],
    );
    let call = crate::call("a");
    let start = SystemTime::now();
    while start.elapsed().is_ok_and(|elapsed| elapsed < TIME) {
        if acquire(&limiter, &call).await.is_ok() {
            let at = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
            println!("passed {}", at.as_micros());
        } else {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}
