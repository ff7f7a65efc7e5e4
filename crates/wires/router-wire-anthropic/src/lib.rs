//! The Anthropic messages wire, both sides.
