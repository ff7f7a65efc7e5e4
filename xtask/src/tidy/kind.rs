//! The kinds of crates, and which kind may stand on which.

/// What a crate is, by where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Core,
    Wire,
    Http,
    Wires,
    Provider,
    Layer,
    /// Data and helpers that stand on core alone: facts of models, token counts, templates.
    Catalog,
    /// The history of conversations: a layer that also counts tokens.
    Conversation,
    /// The connection to Redis: below the layers, which keep shared state in it.
    Redis,
    Serve,
    Sim,
    Cassette,
    Conformance,
    Umbrella,
    /// Binaries, adapters and tools: nothing of ours stands on them.
    App,
}

impl Kind {
    /// The kind of the crate in a folder, given from the root of the workspace.
    pub(super) fn of_folder(folder: &str) -> Option<Self> {
        let parts: Vec<&str> = folder.split('/').collect();
        match parts[..] {
            ["xtask"] | ["examples" | "benches", ..] => Some(Self::App),
            ["crates", "wires", _] => Some(Self::Wires),
            ["crates", "providers", _] => Some(Self::Provider),
            ["crates", "layers", _] => Some(Self::Layer),
            ["crates", "apps" | "integrations", _] => Some(Self::App),
            ["crates", "router-core"] => Some(Self::Core),
            ["crates", "router-wire"] => Some(Self::Wire),
            ["crates", "router-http"] => Some(Self::Http),
            ["crates", "router-catalog" | "router-tokens" | "router-prompt"] => Some(Self::Catalog),
            ["crates", "router-conversation"] => Some(Self::Conversation),
            ["crates", "router-redis"] => Some(Self::Redis),
            ["crates", "router-serve"] => Some(Self::Serve),
            ["crates", "router-sim"] => Some(Self::Sim),
            ["crates", "router-cassette"] => Some(Self::Cassette),
            ["crates", "router-conformance"] => Some(Self::Conformance),
            ["crates", "llm-api-router"] => Some(Self::Umbrella),
            _ => None,
        }
    }

    /// What it may depend on, tests aside. Nothing of ours stands on what is missing everywhere.
    pub(super) fn may_use(self) -> &'static [Self] {
        use Kind::{
            Cassette, Catalog, Conversation, Core, Http, Layer, Provider, Redis, Serve, Sim, Umbrella, Wire,
            Wires,
        };
        match self {
            Self::Core => &[],
            Self::Wire | Self::Catalog | Self::Redis => &[Core],
            Self::Layer => &[Core, Redis],
            Self::Conversation => &[Core, Catalog, Redis],
            Self::Http | Self::Wires => &[Core, Wire],
            Self::Conformance => &[Core, Wire, Http],
            Self::Provider => &[Core, Wire, Http, Wires],
            // A wire with one speaker lives in that vendor's crate.
            Self::Serve => &[Core, Wire, Wires, Provider],
            Self::Sim => &[Core, Wire, Http, Wires, Serve],
            Self::Cassette => &[Core, Wire, Http, Wires, Provider],
            Self::Umbrella => &[
                Core,
                Wire,
                Http,
                Wires,
                Provider,
                Layer,
                Catalog,
                Conversation,
                Redis,
                Serve,
                Sim,
            ],
            Self::App => &[
                Core,
                Wire,
                Http,
                Wires,
                Provider,
                Layer,
                Catalog,
                Conversation,
                Redis,
                Serve,
                Sim,
                Cassette,
                Umbrella,
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_point_down_only() {
        assert!(!Kind::Provider.may_use().contains(&Kind::Provider));
        assert!(!Kind::Layer.may_use().contains(&Kind::Layer));
        assert!(!Kind::Layer.may_use().contains(&Kind::Http));
        assert!(Kind::Layer.may_use().contains(&Kind::Redis));
        assert!(!Kind::Redis.may_use().contains(&Kind::Layer));
        assert!(!Kind::Serve.may_use().contains(&Kind::Layer));
        assert_eq!(Kind::of_folder("crates/providers/router-x"), Some(Kind::Provider));
        assert_eq!(Kind::of_folder("crates/router-core"), Some(Kind::Core));
        assert_eq!(Kind::of_folder("elsewhere"), None);
    }
}
