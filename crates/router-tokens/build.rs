//! Packs OpenAI's vocabularies: as they come, in base64 with a number on each line, they take more than twice the room.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "tiktoken")]
    for (name, vocabulary) in [
        ("cl100k_base", tiktoken_rs::cl100k_base()?),
        ("o200k_base", tiktoken_rs::o200k_base()?),
    ] {
        let folder = std::env::var("OUT_DIR")?;
        std::fs::write(format!("{folder}/{name}"), packed(&vocabulary)?)?;
    }
    Ok(())
}

/// The tokens in the order of their ranks, before each a byte with its length. Behind the last one is a gap, and then tokens that
/// no text has.
#[cfg(feature = "tiktoken")]
fn packed(vocabulary: &tiktoken_rs::CoreBPE) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut packed = Vec::new();
    for rank in 0.. {
        let Ok(token) = vocabulary.decode_bytes(&[rank]) else {
            break;
        };
        packed.push(u8::try_from(token.len())?);
        packed.extend(token);
    }
    Ok(packed)
}
