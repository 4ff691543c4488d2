//! Capacity over time: what scaling policies make of demand.
