//! What the families of GLM take, by the version in their names.

/// A family of models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// Before GLM-4.5: thinks not.
    Plain,
    /// Thinking is turned on and off.
    Switched,
    /// Thinking has levels (GLM-5.2 on).
    Levels,
    /// Thinking has levels and cannot be turned off (GLM-5.3).
    Always,
}

impl Family {
    pub(crate) fn of(model: &str) -> Self {
        let name = model.rsplit('/').next().unwrap_or(model).to_ascii_lowercase();
        let Some(rest) = name.strip_prefix("glm-") else {
            return Self::Switched;
        };
        let digits = |text: &str| {
            let end = text.find(|of: char| !of.is_ascii_digit()).unwrap_or(text.len());
            (text[..end].parse::<u32>().ok(), text[end..].to_owned())
        };
        let (Some(major), rest) = digits(rest) else {
            return Self::Switched;
        };
        let minor = rest
            .strip_prefix('.')
            .and_then(|rest| digits(rest).0)
            .unwrap_or_default();
        match (major, minor) {
            (..=3, _) | (4, ..=4) => Self::Plain,
            (5, 3) => Self::Always,
            (5, 2..) | (6.., _) => Self::Levels,
            _ => Self::Switched,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Family;

    #[test]
    fn families_of_models() {
        for (model, family) in [
            ("glm-4-plus", Family::Plain),
            ("glm-4v", Family::Plain),
            ("glm-4.5", Family::Switched),
            ("glm-4.5-air", Family::Switched),
            ("glm-4.7-flash", Family::Switched),
            ("glm-5", Family::Switched),
            ("glm-5v-turbo", Family::Switched),
            ("glm-5.1", Family::Switched),
            ("glm-5.2", Family::Levels),
            ("zai/GLM-5.3-flashx", Family::Always),
            ("glm-5.10", Family::Levels),
            ("glm-6", Family::Levels),
            ("glm-image", Family::Switched),
            ("embedding-3", Family::Switched),
            ("", Family::Switched),
        ] {
            assert_eq!(Family::of(model), family, "{model}");
        }
    }
}
