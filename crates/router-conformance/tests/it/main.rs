//! That the checks find what they are for.

mod provider_contract;
