//! Conversations: what is kept and sent, where they are stored, and as a layer.

mod forms;
mod histories;
mod layer;
mod scale;
mod stores;
mod strategies;
mod wires;
