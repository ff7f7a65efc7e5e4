//! Tells who asks by the key that a request presents; what is kept of a key may be a salted hash.

use std::collections::HashMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::str::FromStr;

use router_core::{Secret, Text};

/// Which keys callers may present, and by which name each is a caller. Limits and caches tell callers apart by it.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    plain: Vec<(Text, Secret)>,
    /// By their ids, which are public.
    hashed: HashMap<String, Vec<(Text, KeyHash)>>,
}

/// Who presents a key.
pub(crate) enum Who {
    /// Nobody needs one.
    Anybody,
    Caller(Text),
    Stranger,
}

impl Keys {
    /// Callers need no key.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Callers need one of these. Each is a caller of its own, under a name that is made of the key and does not give it away.
    #[must_use]
    pub fn of(keys: impl IntoIterator<Item = Secret>) -> Self {
        let keys = keys.into_iter().map(|key| {
            let mut hasher = DefaultHasher::new();
            key.expose().hash(&mut hasher);
            (Text::from(format!("key-{:08x}", hasher.finish() as u32)), key)
        });
        Self::named(keys)
    }

    /// Callers need one of these, and go by the name beside it.
    #[must_use]
    pub fn named(keys: impl IntoIterator<Item = (Text, Secret)>) -> Self {
        Self {
            plain: keys.into_iter().filter(|(_, key)| !key.is_blank()).collect(),
            hashed: HashMap::new(),
        }
    }

    /// Callers need a key that one of these is the hash of, and go by the name beside it.
    #[must_use]
    pub fn hashed(hashes: impl IntoIterator<Item = (Text, KeyHash)>) -> Self {
        let mut keys = Self::none();
        for (name, hash) in hashes {
            let same_id = keys.hashed.entry(hash.id.clone()).or_default();
            same_id.push((name, hash));
        }
        keys
    }

    /// Callers need one of these or one of those.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.plain.extend(others.plain);
        for (id, others) in others.hashed {
            self.hashed.entry(id).or_default().extend(others);
        }
        self
    }

    /// Whether a presented key is one of them. All plain ones are compared, and of hashes those with the key's public id, so
    /// that time tells nothing of what is secret.
    #[must_use]
    pub fn accept(&self, presented: Option<&str>) -> bool {
        !matches!(self.who(presented), Who::Stranger)
    }

    pub(crate) fn who(&self, presented: Option<&str>) -> Who {
        if self.plain.is_empty() && self.hashed.is_empty() {
            return Who::Anybody;
        }
        let presented = presented.unwrap_or_default();
        let same_id = id_of(presented).and_then(|id| self.hashed.get(id));
        let hashed = same_id.into_iter().flatten();
        let hashed = hashed.map(|(name, hash)| (name, hash.matches(presented)));
        let plain = self
            .plain
            .iter()
            .map(|(name, key)| (name, key.matches(presented)));
        let found = plain
            .chain(hashed)
            .fold(None, |found, (name, same)| if same { Some(name) } else { found });
        found.cloned().map_or(Who::Stranger, Who::Caller)
    }
}

/// What every key begins with that is made here. Scanners for keys, and our own masking, know them by it.
const PREFIX: &str = "sk-llmr-";
/// What a hash begins with: how it was made.
const METHOD: &str = "blake3";
/// Characters of the public part of a key, and of the secret one: 40 and 260 bits.
const ID: usize = 8;
const SECRET: usize = 52;
const SALT: usize = 32;
/// 32 characters that are not mistaken for each other: five bits of a random byte are one.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What is kept of a key: its public id, a salt, and a hash over both salt and key. It opens nothing.
///
/// The hash is a fast one (BLAKE3, keyed with the salt): a key that is made here holds 260 random bits, and nobody guesses those
/// however fast guesses are. It is no way to keep passwords.
///
/// ```
/// use router_serve::{KeyHash, Keys};
///
/// // From the system's source of randomness, outside of examples.
/// let (key, hash) = KeyHash::of_new_key(&[7; KeyHash::RANDOM]);
/// let kept: KeyHash = hash.to_string().parse().unwrap();
/// let keys = Keys::hashed([("team-a".into(), kept)]);
/// assert!(keys.accept(Some(key.expose())));
/// assert!(!keys.accept(Some("sk-llmr-another")));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct KeyHash {
    id: String,
    salt: [u8; SALT],
    digest: blake3::Hash,
}

impl KeyHash {
    /// How many random bytes make a key and its salt.
    pub const RANDOM: usize = ID + SECRET + SALT;

    /// A new key, made of random bytes, and what is to be kept of it.
    #[must_use]
    pub fn of_new_key(random: &[u8; Self::RANDOM]) -> (Secret, Self) {
        let (id, rest) = random.split_at(ID);
        let (secret, rest) = rest.split_at(SECRET);
        let id = in_alphabet(id);
        let key = Secret::new(format!("{PREFIX}{id}-{}", in_alphabet(secret)));
        let mut salt = [0; SALT];
        salt.copy_from_slice(rest);
        let digest = blake3::keyed_hash(&salt, key.expose().as_bytes());
        (key, Self { id, salt, digest })
    }

    /// Whether it is the hash of a key, in a time that does not depend on how much of the hash is the same.
    #[must_use]
    pub fn matches(&self, key: &str) -> bool {
        // This comparison is blake3's own, in constant time.
        self.digest == blake3::keyed_hash(&self.salt, key.as_bytes())
    }
}

/// The public part of a key that was made here.
fn id_of(key: &str) -> Option<&str> {
    let (id, _) = key.strip_prefix(PREFIX)?.split_once('-')?;
    Some(id)
}

fn in_alphabet(bytes: &[u8]) -> String {
    let characters = bytes.iter().map(|byte| ALPHABET[usize::from(byte % 32)]);
    characters.map(char::from).collect()
}

impl fmt::Display for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let salt = blake3::Hash::from_bytes(self.salt);
        write!(
            f,
            "{METHOD}:{}:{}:{}",
            self.id,
            salt.to_hex(),
            self.digest.to_hex()
        )
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyHash({})", self.id)
    }
}

/// A text that is no hash of a key. It does not show the text: a key may have been put there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoKeyHash;

impl fmt::Display for NoKeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is no hash of a key: `llm-router key new` makes a key, and shows its hash")
    }
}

impl std::error::Error for NoKeyHash {}

impl FromStr for KeyHash {
    type Err = NoKeyHash;

    fn from_str(text: &str) -> Result<Self, NoKeyHash> {
        let parts: Vec<&str> = text.trim().split(':').collect();
        let [METHOD, id, salt, digest] = parts[..] else {
            return Err(NoKeyHash);
        };
        if id.len() != ID || !id.bytes().all(|byte| ALPHABET.contains(&byte)) {
            return Err(NoKeyHash);
        }
        let read = |hex: &str| blake3::Hash::from_hex(hex).map_err(|_| NoKeyHash);
        Ok(Self {
            id: id.to_owned(),
            salt: *read(salt)?.as_bytes(),
            digest: read(digest)?,
        })
    }
}
