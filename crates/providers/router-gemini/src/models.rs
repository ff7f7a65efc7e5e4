//! What the families of models take.

use router_wire_gemini::{Rules, Thinking};

/// The rules of a model, by its name (<https://ai.google.dev/gemini-api/docs/models>, read 2026-11). Names that are not known
/// get those of current models.
#[must_use]
pub fn rules(model: &str) -> Rules {
    let name = model.rsplit('/').next().unwrap_or(model);
    let mut rules = Rules::default();
    if name.starts_with("gemma") {
        rules.thinking = Thinking::None;
        rules.system_instruction = false;
        rules.needs_signatures = false;
        rules.result_media = false;
        rules.media_urls = false;
        return rules;
    }
    let Some(version) = name.strip_prefix("gemini-") else {
        return rules;
    };
    let old = version.starts_with("1.") || version.starts_with("2.");
    if !old {
        // The newest ones begin at `low`.
        let minimal = version.contains("flash") && !version.starts_with("3.7") && !version.starts_with("3.8");
        rules.thinking = Thinking::Level { minimal };
        return rules;
    }
    rules.penalties = true;
    rules.needs_signatures = false;
    rules.result_media = false;
    rules.media_urls = false;
    rules.thinking = if !version.starts_with("2.5") || version.contains("image") {
        Thinking::None
    } else if version.contains("pro") {
        Thinking::Budget {
            least: 128,
            most: 32_768,
            off: false,
        }
    } else {
        let least = if version.contains("lite") { 512 } else { 1 };
        Thinking::Budget {
            least,
            most: 24_576,
            off: true,
        }
    };
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_differ() {
        assert_eq!(rules("gemma-3-27b-it").thinking, Thinking::None);
        assert!(!rules("gemma-3-27b-it").system_instruction);
        assert!(matches!(
            rules("gemini-2.5-pro").thinking,
            Thinking::Budget { off: false, .. }
        ));
        assert!(matches!(
            rules("models/gemini-2.5-flash-lite").thinking,
            Thinking::Budget { least: 512, .. }
        ));
        assert_eq!(
            rules("gemini-3.8-flash").thinking,
            Thinking::Level { minimal: false }
        );
        assert!(rules("gemini-flash-latest").needs_signatures);
    }
}
