//! What an answer is kept under: a hash of everything that it depends on.

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;
use std::sync::Arc;

use router_core::{Call, ProviderId, Result};

use crate::policy::Scope;

/// What an answer is kept under: its namespace, and a hash (BLAKE3) of the cache's name, provider, model, scope and the
/// whole request. Written as two hexadecimal numbers, `NAMESPACE-HASH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CacheKey {
    namespace: [u8; 8],
    hash: [u8; 32],
}

/// Something else that tells calls apart.
pub(crate) type Part = dyn Fn(&Call, &mut dyn FnMut(&[u8])) + Send + Sync;

impl CacheKey {
    /// The key of a call. Every piece has its length in front, so that no two lists of pieces are the same bytes.
    pub(crate) fn of(
        call: &Call,
        provider: &ProviderId,
        name: &str,
        scope: &Scope,
        namespace: &str,
        parts: &[Arc<Part>],
    ) -> Result<Self> {
        let mut digest = Digest::new();
        digest.piece(b"1");
        digest.piece(name.as_bytes());
        digest.piece(provider.as_str().as_bytes());
        digest.piece(call.model.as_str().as_bytes());
        let context = &call.context;
        let shared_by = match scope {
            Scope::All => None,
            Scope::Caller => context.caller(),
            Scope::Tag(tag) => {
                digest.piece(tag.as_bytes());
                let found = context.tags().iter().find(|(name, _)| name == tag);
                found.map(|(_, value)| value)
            }
        };
        digest.piece(&[match scope {
            Scope::All => 0,
            Scope::Caller => 1,
            Scope::Tag(_) => 2,
        }]);
        match shared_by {
            Some(value) => digest.piece(value.as_bytes()),
            None => digest.byte(0xff),
        }
        digest.byte(u8::from(context.may_fetch_media()));
        for part in parts {
            part(call, &mut |bytes| digest.piece(bytes));
            digest.byte(0xfe);
        }
        call.operation.write_canonical(&mut digest)?;
        Ok(Self {
            namespace: namespace_id(namespace),
            hash: digest.finish(),
        })
    }

    pub(crate) fn namespace(&self) -> &[u8; 8] {
        &self.namespace
    }
}

/// A namespace in a key.
pub(crate) fn namespace_id(namespace: &str) -> [u8; 8] {
    if namespace.is_empty() {
        return [0; 8];
    }
    let mut id = [0; 8];
    id.copy_from_slice(&blake3::hash(namespace.as_bytes()).as_bytes()[..8]);
    id
}

/// Bytes as hexadecimal digits.
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Display for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", Hex(&self.namespace), Hex(&self.hash))
    }
}

/// Text that is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoKey;

impl fmt::Display for NoKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no key of a cache: expected 16 and 64 hexadecimal digits with a hyphen between")
    }
}

impl std::error::Error for NoKey {}

impl FromStr for CacheKey {
    type Err = NoKey;

    fn from_str(text: &str) -> Result<Self, NoKey> {
        fn read<const N: usize>(digits: &str) -> Result<[u8; N], NoKey> {
            let mut bytes = [0; N];
            if digits.len() != 2 * N || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return Err(NoKey);
            }
            for (place, byte) in bytes.iter_mut().enumerate() {
                *byte = u8::from_str_radix(&digits[2 * place..2 * place + 2], 16).map_err(|_| NoKey)?;
            }
            Ok(bytes)
        }
        let (namespace, hash) = text.split_once('-').ok_or(NoKey)?;
        Ok(Self {
            namespace: read(namespace)?,
            hash: read(hash)?,
        })
    }
}

/// Hashes in blocks: what is written in small pieces is gathered first.
struct Digest {
    hasher: blake3::Hasher,
    gathered: [u8; BLOCK],
    len: usize,
}

const BLOCK: usize = 1024;

impl Digest {
    fn new() -> Self {
        Self {
            hasher: blake3::Hasher::new(),
            gathered: [0; BLOCK],
            len: 0,
        }
    }

    fn byte(&mut self, byte: u8) {
        self.take(&[byte]);
    }

    fn piece(&mut self, bytes: &[u8]) {
        self.take(&(bytes.len() as u64).to_le_bytes());
        self.take(bytes);
    }

    fn take(&mut self, bytes: &[u8]) {
        if self.len + bytes.len() > BLOCK {
            self.flush_gathered();
        }
        if bytes.len() >= BLOCK {
            self.hasher.update(bytes);
            return;
        }
        self.gathered[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    fn flush_gathered(&mut self) {
        self.hasher.update(&self.gathered[..self.len]);
        self.len = 0;
    }

    fn finish(mut self) -> [u8; 32] {
        self.flush_gathered();
        *self.hasher.finalize().as_bytes()
    }
}

impl Write for &mut Digest {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.take(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
