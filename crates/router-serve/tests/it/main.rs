//! What a client gets: of answers that are no single chat, several at once, sounds, pictures, transcripts, when it gets it, and what is refused.

mod admission;
mod conversations;
mod keys;
mod media;
mod pace;
mod prefixes;
mod refused;
mod several;
