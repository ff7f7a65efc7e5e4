//! Who is measured, how each is built, and what ours may cost at most.

use std::fs;
use std::path::PathBuf;

use crate::{process, workspace};

/// A client that makes the same calls.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contender {
    /// Its column.
    pub(super) name: &'static str,
    /// Its package below `xtask/bench`.
    package: &'static str,
    features: &'static str,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The transport with types written by hand: what ours is measured against.
    Raw,
    /// A library of others.
    Peer,
    Ours(Transport),
    /// Ours with the whole stack of layers.
    Stack(Transport),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transport {
    Reqwest,
    Hyper,
}

pub(super) const CONTENDERS: &[Contender] = &[
    Contender {
        name: "hyper by hand",
        package: "hyper",
        features: "",
        kind: Kind::Raw,
    },
    Contender {
        name: "reqwest by hand",
        package: "reqwest",
        features: "",
        kind: Kind::Raw,
    },
    Contender {
        name: "async-openai",
        package: "async-openai",
        features: "",
        kind: Kind::Peer,
    },
    Contender {
        name: "genai",
        package: "genai",
        features: "",
        kind: Kind::Peer,
    },
    Contender {
        name: "rig",
        package: "rig",
        features: "",
        kind: Kind::Peer,
    },
    Contender {
        name: "ours on reqwest",
        package: "ours",
        features: "reqwest",
        kind: Kind::Ours(Transport::Reqwest),
    },
    Contender {
        name: "ours on hyper",
        package: "ours",
        features: "hyper",
        kind: Kind::Ours(Transport::Hyper),
    },
    Contender {
        name: "our stack on reqwest",
        package: "ours",
        features: "reqwest,stack",
        kind: Kind::Stack(Transport::Reqwest),
    },
    Contender {
        name: "our stack on hyper",
        package: "ours",
        features: "hyper,stack",
        kind: Kind::Stack(Transport::Hyper),
    },
];

/// The canned vendor.
pub(super) const SERVER: Contender = Contender {
    name: "the canned vendor",
    package: "server",
    features: "",
    kind: Kind::Raw,
};

impl Contender {
    /// Builds it, alone, and gives the binary.
    pub(super) fn build(&self) -> Result<PathBuf, String> {
        let folder = workspace::root().join("xtask/bench").join(self.package);
        let shown = |error: std::io::Error| format!("{}: {error}", self.name);
        let peer = self.kind == Kind::Peer;
        if !peer {
            // The versions that the workspace is built with.
            let lock = "Cargo.lock";
            fs::copy(workspace::root().join(lock), folder.join(lock)).map_err(shown)?;
        }
        let target = workspace::target().join("bench");
        let mut cargo = process::cargo();
        cargo
            .current_dir(&folder)
            .args(["build", "--quiet", "--release", "--features", self.features])
            .args(["--config", "profile.release.lto = 'thin'"])
            .args(["--config", "profile.release.codegen-units = 1"])
            .arg("--target-dir")
            .arg(&target);
        if peer {
            cargo.arg("--locked");
        }
        if !process::run(&mut cargo)? {
            return Err(format!("{} does not build", self.name));
        }
        let built = target.join("release").join(format!("bench-{}", self.package));
        let kept = target.join(self.name.replace(' ', "-"));
        fs::copy(built, &kept).map_err(shown)?;
        Ok(kept)
    }
}

impl Contender {
    /// The versions of what is measured, as it was locked when it was built.
    pub(super) fn versions(&self) -> Result<Vec<String>, String> {
        let lock = workspace::root()
            .join("xtask/bench")
            .join(self.package)
            .join("Cargo.lock");
        let text = fs::read_to_string(&lock).unwrap_or_default();
        let measured = match self.package {
            "rig" => "rig-core",
            package => package,
        };
        let packages = text.split("[[package]]");
        Ok(packages
            .filter_map(|package| {
                let field = |name: &str| {
                    let line = package.lines().find_map(|line| line.strip_prefix(name))?;
                    Some(line.trim_matches([' ', '=', '"']))
                };
                (field("name")? == measured).then_some(())?;
                Some(format!("{measured} {}", field("version")?))
            })
            .collect())
    }
}
