//! What can be saved.

pub mod commit;
