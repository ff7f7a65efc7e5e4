//! Recorded exchanges with LLM vendors: schema, reading, replay.
