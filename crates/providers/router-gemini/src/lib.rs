//! Google Gemini for LLM API Router.
