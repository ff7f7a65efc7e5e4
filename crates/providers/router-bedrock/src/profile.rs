//! Profiles in the files of AWS's own tools (<https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>, read 2026-11).

use std::path::PathBuf;

use router_core::{Error, ErrorKind, Result};

use crate::credentials::Credentials;

/// What a profile says.
#[derive(Debug, Default)]
pub(crate) struct Profile {
    pub(crate) region: Option<String>,
    credentials: Option<Credentials>,
    /// A setting that leads to keys elsewhere.
    leads_to: Option<String>,
}

/// Settings by which other tools get keys from elsewhere.
const ELSEWHERE: &[&str] = &[
    "role_arn",
    "sso_session",
    "sso_start_url",
    "credential_process",
    "web_identity_token_file",
    "login_session",
];

fn config(message: String) -> Error {
    Error::new(ErrorKind::Config, message)
}

impl Profile {
    /// The profile of a name; variables are asked for the files.
    ///
    /// # Errors
    /// `Config` when no file has it, or one cannot be read.
    pub(crate) fn read(name: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let found = Self::find(name, variable)?;
        found.ok_or_else(|| {
            let [keys, rest] = files(variable).map(|file| file.display().to_string());
            config(format!("there is no profile {name:?} in {keys} or {rest}"))
        })
    }

    /// The same where it may be missing.
    pub(crate) fn find(name: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Option<Self>> {
        let [keys, rest] = files(variable);
        let keys = section(&text_of(&keys)?, &[name]);
        let rest = section(
            &text_of(&rest)?,
            &[
                &format!("profile {name}"),
                if name == "default" { name } else { "" },
            ],
        );
        if keys.is_none() && rest.is_none() {
            return Ok(None);
        }
        let (keys, rest) = (keys.unwrap_or_default(), rest.unwrap_or_default());
        // Of what both files have, the one for keys wins.
        let get = |name: &str| {
            let found = keys.iter().chain(&rest).find(|(known, _)| known == name);
            found
                .map(|(_, value)| value.clone())
                .filter(|value| !value.is_empty())
        };
        let pair = get("aws_access_key_id").zip(get("aws_secret_access_key"));
        Ok(Some(Self {
            region: get("region"),
            credentials: pair.map(|(id, secret)| match get("aws_session_token") {
                Some(token) => Credentials::new(id, secret).with_session_token(token),
                None => Credentials::new(id, secret),
            }),
            leads_to: ELSEWHERE
                .iter()
                .find(|name| get(name).is_some())
                .map(|name| (*name).to_owned()),
        }))
    }

    /// The keys of the profile `name`.
    pub(crate) fn keys(self, name: &str) -> Result<Credentials> {
        let Self {
            credentials,
            leads_to,
            ..
        } = self;
        credentials.ok_or_else(|| match leads_to {
            Some(setting) => config(format!(
                "the profile {name:?} has {setting}, which is not followed: run `aws configure export-credentials --profile {name}`"
            )),
            None => config(format!("the profile {name:?} has no aws_access_key_id and aws_secret_access_key")),
        })
    }
}

/// The file for keys, and the one for everything.
fn files(variable: &dyn Fn(&str) -> Option<String>) -> [PathBuf; 2] {
    let home = variable("HOME")
        .or_else(|| variable("USERPROFILE"))
        .unwrap_or_default();
    [
        ("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
        ("AWS_CONFIG_FILE", "config"),
    ]
    .map(
        |(name, file)| match variable(name).filter(|path| !path.is_empty()) {
            Some(path) => PathBuf::from(path),
            None => PathBuf::from(&home).join(".aws").join(file),
        },
    )
}

/// What a file holds; nothing when it is not there.
fn text_of(file: &PathBuf) -> Result<String> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(config(format!("{} cannot be read: {error}", file.display()))),
    }
}

/// The settings of the sections with one of these names, when there are such.
fn section(text: &str, names: &[&str]) -> Option<Vec<(String, String)>> {
    let mut found: Option<Vec<(String, String)>> = None;
    let mut inside = false;
    for line in text.lines() {
        let plain = line.trim();
        if plain.starts_with(['#', ';']) || plain.is_empty() {
            continue;
        }
        if let Some(head) = plain.strip_prefix('[') {
            let head = head.split(']').next().unwrap_or_default();
            let head: Vec<&str> = head.split_whitespace().collect();
            let head = head.join(" ");
            inside = names.contains(&head.as_str());
            if inside {
                found.get_or_insert_default();
            }
            continue;
        }
        // What is indented belongs to the setting above.
        let nested = line.starts_with([' ', '\t']);
        if let (true, false, Some((name, value))) = (inside, nested, plain.split_once('=')) {
            let value = value.split(" #").next().unwrap_or_default();
            let value = value.split(" ;").next().unwrap_or_default();
            let setting = (name.trim().to_ascii_lowercase(), value.trim().to_owned());
            found.get_or_insert_default().push(setting);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::section;

    #[test]
    fn sections_are_found() {
        let text = "# a comment\n[default]\nregion = eu-west-1 # near\n[ profile  dev ]\nS3 =\n  region = nested\nRegion=us-west-2\n[profile empty]\n";
        let setting = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            section(text, &["default"]),
            Some(vec![setting("region", "eu-west-1")])
        );
        assert_eq!(
            section(text, &["profile dev"]),
            Some(vec![setting("s3", ""), setting("region", "us-west-2")])
        );
        assert_eq!(section(text, &["profile empty"]), Some(Vec::new()));
        assert_eq!(section(text, &["nobody"]), None);
    }
}
