//! Demand and capacity together, step by step: what the tasks of a service do in a month of hours or minutes, with noise.
