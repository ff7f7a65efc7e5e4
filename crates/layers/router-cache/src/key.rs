//! What an answer is kept under: a hash of everything that it depends on.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use arrayvec::ArrayVec;
use cbor4ii::core::enc::Write;
use cbor4ii::serde::Serializer;
use router_core::{Call, Error, ErrorKind, ProviderId, Result};
use serde::Serialize;

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
        digest.piece(b"2");
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
        // In CBOR, which takes texts as they are, where JSON looks at each byte for what it must escape.
        let mut serializer = Serializer::new(&mut digest);
        call.operation.serialize(&mut serializer).map_err(|error| {
            let why = format!("the request has no key in the cache: {error}");
            Error::new(ErrorKind::InvalidRequest, why)
        })?;
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

/// Hashes in blocks, which takes a fraction of the time that hashing piece by piece does.
struct Digest {
    hasher: blake3::Hasher,
    gathered: ArrayVec<u8, BLOCK>,
}

/// What the hash takes in parallel where the processor can: eight chunks of a kibibyte.
const BLOCK: usize = 8 * 1024;

impl Digest {
    fn new() -> Self {
        Self {
            hasher: blake3::Hasher::new(),
            gathered: ArrayVec::new(),
        }
    }

    fn byte(&mut self, byte: u8) {
        self.take(&[byte]);
    }

    fn piece(&mut self, bytes: &[u8]) {
        self.take(&(bytes.len() as u64).to_le_bytes());
        self.take(bytes);
    }

    fn take(&mut self, mut bytes: &[u8]) {
        while let Some((fits, rest)) = bytes.split_at_checked(self.gathered.remaining_capacity()) {
            self.gather(fits);
            self.hasher.update(&self.gathered);
            self.gathered.clear();
            bytes = rest;
        }
        self.gather(bytes);
    }

    fn gather(&mut self, bytes: &[u8]) {
        self.gathered
            .try_extend_from_slice(bytes)
            .expect("no more than there is room for");
    }

    fn finish(&mut self) -> [u8; 32] {
        self.hasher.update(&self.gathered);
        *self.hasher.finalize().as_bytes()
    }
}

impl Write for &mut Digest {
    type Error = Infallible;

    fn push(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        self.take(bytes);
        Ok(())
    }
}
