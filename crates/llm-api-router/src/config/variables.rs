//! Values that stand elsewhere: `${VARIABLE}`, and keys in files.

use router_core::Secret;

/// Looks up a variable of the environment.
pub(super) type Variables<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// A text with the values of its variables.
pub(super) fn filled(text: &str, variables: &Variables<'_>) -> Result<String, String> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from)) = rest.split_once("${") {
        let Some((name, after)) = from.split_once('}') else {
            return Err("a `${` without its `}`".to_owned());
        };
        filled.push_str(before);
        match variables(name).filter(|value| !value.trim().is_empty()) {
            Some(value) => filled.push_str(value.trim()),
            None => return Err(format!("the environment has no {name}: set it")),
        }
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// A secret, which must not stand in the file itself.
pub(super) fn secret(text: &str, variables: &Variables<'_>) -> Result<Secret, String> {
    if !text.contains("${") {
        return Err(
            "a key does not belong into the file: put it into the environment and write \"${VARIABLE}\""
                .to_owned(),
        );
    }
    filled(text, variables).map(Secret::new)
}

/// A secret in a file of its own.
pub(super) fn secret_in(path: &str) -> Result<Secret, String> {
    match std::fs::read_to_string(path) {
        Ok(text) if text.trim().is_empty() => Err(format!("{path} is empty: it must hold the key")),
        Ok(text) => Ok(Secret::new(text.trim())),
        Err(error) => Err(format!("{path} cannot be read: {error}")),
    }
}
