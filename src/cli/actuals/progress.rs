//! A sign of life for what takes longer than a second, where somebody watches.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// How often it is written, and what must pass before the first time.
const EVERY: Duration = Duration::from_secs(1);

/// Does the work. After a second a line on the terminal says what is done and for how long; it is gone in the end.
pub fn during<T>(what: &str, work: impl FnOnce() -> T) -> T {
    if !std::io::stderr().is_terminal() {
        return work();
    }
    let (done, waiting) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let since = Instant::now();
            let mut shown = false;
            while waiting.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                shown = true;
                let _ = write!(std::io::stderr(), "\r{what} … {} s ", since.elapsed().as_secs());
            }
            if shown {
                let _ = write!(std::io::stderr(), "\r\x1b[K");
            }
        });
        let result = work();
        drop(done);
        result
    })
}
