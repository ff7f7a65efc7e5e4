//! What a client gets: of answers that are no single chat, several at once, sounds, pictures, transcripts, and when it gets it.

mod admission;
mod conversations;
mod keys;
mod media;
mod pace;
mod several;
