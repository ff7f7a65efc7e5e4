//! A Lua script, sent by its hash.

/// A Lua script. Redis is sent its hash, and the text only where Redis does not know it yet.
#[derive(Clone, Debug)]
pub struct Script {
    text: &'static str,
    hash: String,
}

impl Script {
    /// A script.
    #[must_use]
    pub fn new(text: &'static str) -> Self {
        Self {
            text,
            hash: redis::Script::new(text).get_hash().to_owned(),
        }
    }

    pub(crate) fn by_hash(&self) -> redis::Cmd {
        let mut command = redis::cmd("EVALSHA");
        command.arg(&self.hash);
        command
    }

    pub(crate) fn by_text(&self) -> redis::Cmd {
        let mut command = redis::cmd("EVAL");
        command.arg(self.text);
        command
    }
}
