//! What the simulated model makes and reads beside chats: pictures, sound, rankings, judgements.

pub(crate) mod judgement;
pub(crate) mod picture;
mod png;
pub(crate) mod ranking;
pub(crate) mod sound;
mod wav;
