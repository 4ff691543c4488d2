//! What is left of a commitment over a month.

use rust_decimal::Decimal;

use crate::money::quotient;

/// What a commitment can still cover, by parts of the month: how many hours, and how much is left in them together. What is on for a
/// part of the month is taken to be on at the same times, the first ones here, so that it competes for them.
#[derive(Clone, Debug)]
pub(super) struct Left(Vec<(Decimal, Decimal)>);

impl Left {
    /// So much in each of so many hours.
    pub(super) fn new(each: Decimal, hours: Decimal) -> Left {
        Left(vec![(hours, each * hours)])
    }

    /// What is left in all.
    pub(super) fn all(&self) -> Decimal {
        self.0.iter().map(|(_, left)| *left).sum()
    }

    /// Takes what is wanted evenly over the first `hours`, as far as each of them has something left. Gives what was taken.
    pub(super) fn take(&mut self, wanted: Decimal, hours: Decimal) -> Decimal {
        self.split(hours);
        let (mut taken, mut wanted_then, mut hours_then) = (Decimal::ZERO, wanted, hours);
        for (length, left) in &mut self.0 {
            if hours_then <= Decimal::ZERO {
                break;
            }
            // The last part takes the rest, so that nothing is lost to rounding.
            let share = if *length >= hours_then { wanted_then } else { quotient(wanted * *length, hours).unwrap_or_default() };
            wanted_then -= share;
            hours_then -= *length;
            let part = share.min(*left);
            *left -= part;
            taken += part;
        }
        taken
    }

    /// Makes a boundary after so many hours.
    fn split(&mut self, hours: Decimal) {
        let mut begin = Decimal::ZERO;
        for i in 0..self.0.len() {
            let (length, left) = self.0[i];
            if begin < hours && hours < begin + length {
                let first = quotient(left * (hours - begin), length).unwrap_or_default();
                self.0[i] = (hours - begin, first);
                self.0.insert(i + 1, (begin + length - hours, left - first));
                return;
            }
            begin += length;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_for_a_part_of_the_month_competes_for_those_hours() {
        let d = |n: u32| Decimal::from(n);
        let mut left = Left::new(d(2), d(720));
        // One of the two in the first half, then both wanted there: one is left. Then one all month: the second half has two.
        assert_eq!(left.take(d(360), d(360)), d(360));
        assert_eq!(left.take(d(720), d(360)), d(360));
        assert_eq!(left.take(d(720), d(720)), d(360));
        assert_eq!(left.all(), d(360));
    }
}
