//! The Gemini generateContent wire, both sides.
