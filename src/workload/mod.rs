//! Demand over time: requests per second of every route, from a scenario or from what was measured.
