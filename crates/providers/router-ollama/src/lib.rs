//! Ollama for LLM API Router: the native wire, both sides.
