//! A stream that gives up where one row or one product grows without end, so that memory stays bounded whatever the file holds.

use std::cell::Cell;
use std::io::{Error, ErrorKind, Read, Result};
use std::rc::Rc;

/// Longest row, or product with its terms, in bytes.
pub(super) const LONGEST: u64 = 4 << 20;

/// What was read since the last row ended. Shared between the stream and whoever sees rows end.
#[derive(Clone, Debug, Default)]
pub(super) struct Gauge {
    since: Rc<Cell<u64>>,
}

impl Gauge {
    /// A row has ended.
    pub fn ended(&self) {
        self.since.set(0);
    }
}

/// The stream.
pub(super) struct Limited<R> {
    pub inner: R,
    pub gauge: Gauge,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if self.gauge.since.get() > LONGEST {
            return Err(Error::new(ErrorKind::InvalidData, format!("one row or product is longer than {} MiB", LONGEST >> 20)));
        }
        let n = self.inner.read(buffer)?;
        self.gauge.since.set(self.gauge.since.get() + n as u64);
        Ok(n)
    }
}
