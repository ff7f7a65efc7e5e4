//! Where a call has to go, or had better go: by the target that it names, and by what it holds of a vendor's own.

use router_core::held::Held;
use router_core::{Call, Error, ErrorKind, ProviderId, Result, Text};

use crate::memory::Memory;
use crate::options::BalanceOptions;
use crate::pool::Pool;
use crate::target::Target;

/// Where a call may go.
#[derive(Debug)]
pub(crate) enum Bound {
    /// Anywhere.
    Free,
    /// Anywhere, but this vendor has use for what the call holds.
    Prefers(ProviderId),
    /// Only to this vendor, and why.
    To(ProviderId, Text),
    /// Only to the target of this name.
    Named(Text),
}

impl Bound {
    /// Where a call may go.
    pub(crate) fn of(
        call: &Call,
        options: Option<&BalanceOptions>,
        pool: &Pool,
        memory: &Memory,
    ) -> Result<Self> {
        if let Some(name) = options.and_then(|options| options.target.as_ref()) {
            return match pool.place(name) {
                Some(_) => Ok(Self::Named(name.clone())),
                None => {
                    let message = format!("there is no target `{name}`; there are: {}", pool.names());
                    Err(Error::new(ErrorKind::InvalidRequest, message))
                }
            };
        }
        if !pool.makers_differ {
            return Ok(Self::Free);
        }
        let (mut to, mut prefers, mut unknown) = (None, None, None);
        call.operation.held(|held| match held {
            Held::Response(id) => match memory.maker(id) {
                Some(maker) => to = Some((maker, Text::from(format!("the answer {id} is kept there")))),
                None => unknown = Some(format!("the answer {id}")),
            },
            Held::Kept(field) => unknown = Some(format!("the {field}")),
            Held::File(id) => unknown = Some(format!("the file {id}")),
            // What no target made is left out with a warning, as everywhere.
            Held::Opaque(maker) if pool.knows_maker(maker) => {
                to = Some((
                    maker.clone(),
                    Text::from_static("a part of the request is its own"),
                ));
            }
            Held::Signature(maker) if pool.knows_maker(maker) => prefers = Some(maker.clone()),
            _ => {}
        });
        match (to, unknown, prefers) {
            (Some((maker, why)), _, _) => Ok(Self::To(maker, why)),
            (None, Some(what), _) => Err(Error::new(
                ErrorKind::InvalidRequest,
                format!(
                    "{what} is kept at one vendor, and it is not known at which: name the target to go to; there are: {}",
                    pool.names()
                ),
            )),
            (None, None, Some(maker)) => Ok(Self::Prefers(maker)),
            (None, None, None) => Ok(Self::Free),
        }
    }

    /// Whether a target may be asked.
    pub(crate) fn allows(&self, target: &Target) -> bool {
        match self {
            Self::Free | Self::Prefers(_) => true,
            Self::To(maker, _) => target.takes_back(maker),
            Self::Named(name) => target.name == *name,
        }
    }

    /// Whether a target is better than another that may be asked.
    pub(crate) fn prefers(&self, target: &Target) -> bool {
        match self {
            Self::Prefers(maker) => target.takes_back(maker),
            _ => false,
        }
    }
}
