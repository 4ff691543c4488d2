//! Rows of a batch that say the same in all but how large their amounts are, and the sums of these: most of a bill is a few hundred
//! things again and again, and each is understood once.

use super::cells::Cells;
use crate::actuals::cur;
use crate::actuals::exact::Exact;
use crate::actuals::rollup::Fast;
use crate::actuals::sink::{Format, Header};
use crate::actuals::table::{self, Kind};

/// One group of rows.
#[derive(Clone, Copy)]
pub struct Group {
    /// Its first row.
    pub first: usize,
    /// How many rows it has.
    pub rows: u64,
}

/// The groups of a batch, in the order in which their first rows stand.
#[derive(Default)]
pub struct Groups {
    /// Each group.
    pub groups: Vec<Group>,
    /// For each column of the format, the sum of each group; nothing for columns that hold no doubles.
    pub sums: Vec<Vec<Exact>>,
    /// How many amounts were rounded.
    pub rounded: u64,
}

impl Groups {
    /// The groups of a batch whose cells these are; `None` where most rows are different, or an amount is none or no double.
    pub fn of(rows: usize, header: &Header, cells: &[Cells], tags: &[Cells]) -> Option<Groups> {
        let columns = || header.format.columns().iter().zip(cells).enumerate();
        let mut alike = Alike { numbers: vec![0; rows], many: 1 };
        for (_, (column, cells)) in columns().filter(|(column, _)| header.id() != Some(*column)) {
            cells.tell_apart(column.kind, &mut alike)?;
        }
        tags.iter().try_for_each(|cells| cells.tell_apart(Kind::Text, &mut alike))?;
        let mut found = Groups { groups: alike.groups(apart(header, cells)), ..Groups::default() };
        for (place, (column, cells)) in columns() {
            let mut sums = Vec::new();
            if let (Kind::Number, Cells::Double(doubles)) = (column.kind, cells) {
                sums = vec![Exact::ZERO; found.groups.len()];
                doubles.each(|row, value| {
                    let (amount, rounded) = table::number(place, Exact::from_double(value), || value.to_string()).ok()?;
                    found.rounded += u64::from(rounded);
                    let sum = &mut sums[alike.numbers[row] as usize];
                    *sum = sum.plus(amount)?;
                    Some(())
                })?;
            }
            found.sums.push(sums);
        }
        Some(found)
    }
}

/// For each row whether it stands for itself: its cost does not add up with that of others.
fn apart<'c>(header: &Header, cells: &'c [Cells]) -> impl Fn(usize) -> bool + use<'c> {
    let types = match (&cells[cur::TYPE_COLUMN], header.format) {
        (Cells::Numbered(types), Format::Cur(_)) => Some(types),
        _ => None,
    };
    let alone: Vec<bool> = types.iter().flat_map(|types| &types.texts).map(|text| !cur::adds_up(text)).collect();
    move |row| types.is_some_and(|types| alone[types.numbers[row] as usize])
}

/// Rows by the numbers of their cells, as digits of one number.
pub struct Alike {
    numbers: Vec<u64>,
    /// Every number is below it.
    many: u64,
}

/// Numbers below it are looked up in a list.
const LISTED: u64 = 1 << 18;

impl Alike {
    /// Tells rows apart by one more column, whose cells are numbered below `many`.
    pub fn tell(&mut self, many: u64, digits: impl Iterator<Item = u64>) -> Option<()> {
        if many < 2 {
            return Some(());
        }
        if self.many.saturating_mul(many) > LISTED {
            self.groups(|_| false);
        }
        self.many = self.many.checked_mul(many)?;
        for (number, digit) in self.numbers.iter_mut().zip(digits) {
            *number = *number * many + digit;
        }
        Some(())
    }

    /// Numbers the groups as they come, those rows by themselves that stand `apart`.
    fn groups(&mut self, apart: impl Fn(usize) -> bool) -> Vec<Group> {
        const NEW: u32 = u32::MAX;
        let mut groups: Vec<Group> = Vec::new();
        let mut listed = if self.many <= LISTED { vec![NEW; self.many as usize] } else { Vec::new() };
        let mut hashed: Fast<u64, u32> = Fast::default();
        for (row, number) in self.numbers.iter_mut().enumerate() {
            let mut own = NEW;
            let known = match listed.get_mut(*number as usize) {
                _ if apart(row) => &mut own,
                Some(known) => known,
                None => hashed.entry(*number).or_insert(NEW),
            };
            if *known == NEW {
                *known = groups.len() as u32;
                groups.push(Group { first: row, rows: 0 });
            }
            groups[*known as usize].rows += 1;
            *number = u64::from(*known);
        }
        self.many = groups.len() as u64;
        groups
    }
}
