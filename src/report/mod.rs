//! What is shown, and how: views give tables of typed cells, writers turn a table into text. Rounding happens here only.

pub mod chart;
pub mod csv;
pub mod markdown;
pub mod monthly;
pub mod page;
pub mod plot;
pub mod table;
pub mod terminal;
pub mod workbook;
