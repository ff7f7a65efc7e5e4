//! Signatures over the simulated model's reasoning: made when it thinks, checked when it gets its thoughts back.

use router_core::content::Reasoning;
use router_core::{ProviderId, Result, Signature};

use crate::conversation::invalid;

/// Who signs.
pub(crate) const SIGNER: ProviderId = ProviderId::from_static("sim");

/// Signs a thought.
pub(crate) fn sign(text: &str) -> Signature {
    Signature::new(SIGNER, data(text))
}

/// Refuses a thought of ours whose text was changed. Thoughts without a signature, or with another's, are let pass.
pub(crate) fn check(reasoning: &Reasoning, place: usize) -> Result<()> {
    match reasoning.riders.signature() {
        Some(signature) if signature.provider == SIGNER && signature.data != *data(&reasoning.text) => {
            Err(invalid(format!(
                "messages[{place}]: the signature does not fit the reasoning"
            )))
        }
        _ => Ok(()),
    }
}

fn data(text: &str) -> String {
    use base64::Engine as _;
    let hash = fnv(text.as_bytes());
    base64::engine::general_purpose::STANDARD.encode(format!("sim-signature:{hash:016x}"))
}

/// 64-bit FNV-1a: a hash that is the same everywhere and always.
pub(crate) fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
