//! Things by their names, each of which stands once.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};

/// Reads things by their names. One that stands twice would go in silence, where the format lets it pass: JSON does.
pub(super) fn once<'de, D, T>(deserializer: D) -> Result<BTreeMap<String, T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Once<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Once<T> {
        type Value = BTreeMap<String, T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a table")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut named = BTreeMap::new();
            while let Some(name) = map.next_key::<String>()? {
                if named.contains_key(&name) {
                    return Err(A::Error::custom(format_args!("duplicate key `{name}`")));
                }
                named.insert(name, map.next_value()?);
            }
            Ok(named)
        }
    }

    deserializer.deserialize_map(Once(PhantomData))
}
