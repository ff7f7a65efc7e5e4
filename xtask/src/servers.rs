//! Servers that tests start for themselves, installed through the system's package manager.

use std::process::{Command, Stdio};

use crate::process;

/// Programs that are a Redis.
const REDIS: [&str; 2] = ["redis-server", "valkey-server"];

/// A package manager: its program, what goes before the package, and packages that bring a Redis.
struct Manager {
    program: &'static str,
    update: &'static [&'static str],
    install: &'static [&'static str],
    packages: &'static [&'static str],
    needs_root: bool,
}

const fn system(
    program: &'static str,
    update: &'static [&'static str],
    install: &'static [&'static str],
    packages: &'static [&'static str],
) -> Manager {
    Manager {
        program,
        update,
        install,
        packages,
        needs_root: true,
    }
}

const MANAGERS: [Manager; 7] = [
    system("apt-get", &["update"], &["install", "--yes"], &["redis-server"]),
    system("dnf", &[], &["install", "--assumeyes"], &["redis", "valkey"]),
    system("yum", &[], &["install", "--assumeyes"], &["redis"]),
    system("apk", &[], &["add"], &["redis", "valkey"]),
    system("pacman", &[], &["--sync", "--noconfirm"], &["redis", "valkey"]),
    system(
        "zypper",
        &[],
        &["--non-interactive", "install"],
        &["redis", "valkey"],
    ),
    Manager {
        needs_root: false,
        ..system("brew", &[], &["install"], &["redis"])
    },
];

/// Installs a Redis, unless one is there. What cannot be installed is said; the tests that need it then say that they did
/// not run, and fail where `CI` is set.
pub(crate) fn install() {
    if let Some(program) = REDIS.into_iter().find(|program| process::exists(program)) {
        println!("setup: {program} is there; nothing to install");
        return;
    }
    let Some(manager) = MANAGERS.iter().find(|manager| process::exists(manager.program)) else {
        println!("setup: redis-server is not there, and neither is a package manager that this task knows");
        return;
    };
    println!(
        "setup: installing redis-server with {}; tests start servers of their own from it",
        manager.program
    );
    // Lists of packages that are out of date name packages that are gone. Without a network they must do.
    if !manager.update.is_empty() && !run(manager, manager.update, None) {
        println!("setup: {} {} failed", manager.program, manager.update.join(" "));
    }
    let installed = manager
        .packages
        .iter()
        .any(|package| run(manager, manager.install, Some(package)));
    if !installed {
        println!("setup: redis-server could not be installed");
    }
}

fn run(manager: &Manager, words: &[&str], package: Option<&str>) -> bool {
    let mut command = if manager.needs_root && !is_root() {
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", manager.program]);
        sudo
    } else {
        Command::new(manager.program)
    };
    command
        .args(words)
        .args(package)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    process::run(&mut command).unwrap_or(false)
}

fn is_root() -> bool {
    let user = Command::new("id").arg("-u").output();
    user.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
