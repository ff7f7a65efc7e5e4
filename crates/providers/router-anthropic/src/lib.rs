//! Anthropic for LLM API Router.
