//! The suite that every provider runs, once for each wire, and what is particular to Google Cloud.

mod batches;
mod claude;
mod gemini;
mod places;
mod tokens;
