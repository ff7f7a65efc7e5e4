//! The suite that every provider of LLM API Router runs.
