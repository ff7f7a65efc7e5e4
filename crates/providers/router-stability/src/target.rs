//! Where a model's pictures are made, and what is taken there.

use router_core::Result;
use router_wire::object::invalid;

/// An address of the vendor, and what it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) path: String,
    /// The variant, where several share an address.
    pub(crate) variant: Option<String>,
    pub(crate) starts: Starts,
}

/// Whether pictures to start from are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Starts {
    /// None.
    Never,
    /// One, with how much of it is to be changed.
    Maybe,
    /// One, with how much of it is to be changed, and the mode said.
    InMode,
    /// One is needed, and a mask may lie on it.
    Always,
}

impl Target {
    /// `stable-image-ultra`, `stable-image-core`, `sd3…`, or what follows `/v2beta/stable-image/` in the path of another service:
    /// `edit/inpaint`, `upscale/fast`, `control/sketch`.
    pub(crate) fn of(model: &str) -> Result<Self> {
        let at = |place: &str, starts| Self {
            path: format!("/v2beta/stable-image/{place}"),
            variant: None,
            starts,
        };
        match model {
            "stable-image-ultra" | "generate/ultra" => Ok(at("generate/ultra", Starts::Maybe)),
            "stable-image-core" | "generate/core" => Ok(at("generate/core", Starts::Never)),
            _ if model.starts_with("sd3") => Ok(Self {
                variant: Some(model.to_owned()),
                ..at("generate/sd3", Starts::InMode)
            }),
            _ => {
                let plain = |name: &str| {
                    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
                };
                match model.split_once('/') {
                    Some((group @ ("edit" | "upscale" | "control"), name)) if plain(name) => {
                        Ok(at(&format!("{group}/{name}"), Starts::Always))
                    }
                    _ => Err(invalid(
                        "model",
                        "must be stable-image-ultra, stable-image-core, sd3…, edit/…, upscale/… or control/…",
                    )),
                }
            }
        }
    }
}
