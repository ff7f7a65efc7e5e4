//! The OpenAI wires, judged by recordings, by each other and by published schemas.

mod cassettes;
mod replay;
