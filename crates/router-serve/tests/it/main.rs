//! What a client gets of answers that are no single chat: several at once, sounds, pictures, transcripts.

mod media;
mod several;
