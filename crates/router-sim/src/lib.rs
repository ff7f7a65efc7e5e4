//! The simulated LLM vendor: deterministic, with faults and a ledger.
