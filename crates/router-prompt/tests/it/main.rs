//! Templates: what they render to, what is refused, where they come from.

mod checks;
mod files;
mod injection;
mod presets;
mod rendering;
