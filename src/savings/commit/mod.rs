//! Commitments: what to reserve or commit to, under uncertainty.

pub mod eligible;
