//! The cells of the columns of a batch, as what is read of them.

use polars::prelude::{ChunkExplode, DataType, ExplodeOptions, Float64Chunked, ListNameSpaceImpl, PolarsResult, Series, StringChunked};

use super::alike::Alike;
use crate::actuals::rollup::Fast;
use crate::actuals::table::Kind;
use crate::actuals::tags;

/// The cells of one column of a batch.
pub enum Cells {
    Blank,
    /// Texts of which most are different.
    Text(StringChunked),
    /// Texts that repeat, each with its number.
    Numbered(Numbered),
    Double(Doubles),
    /// Milliseconds since 1970.
    Time(Vec<Option<i64>>),
    Map(Maps),
}

/// Doubles in one piece.
pub struct Doubles(Float64Chunked);

impl Doubles {
    /// One of them; `None` for a blank cell.
    pub fn get(&self, row: usize) -> Option<f64> {
        self.0.get(row)
    }

    /// Shows those which are there, each with its row, until one is refused.
    pub fn each(&self, mut show: impl FnMut(usize, f64) -> Option<()>) -> Option<()> {
        match self.0.cont_slice() {
            Ok(all) => all.iter().enumerate().try_for_each(|(row, value)| show(row, *value)),
            Err(_) => {
                self.0.iter().enumerate().filter_map(|(row, value)| Some((row, value?))).try_for_each(|(row, value)| show(row, value))
            }
        }
    }
}

/// Texts by number.
pub struct Numbered {
    /// Of each row.
    pub numbers: Vec<u32>,
    /// The text of each number.
    pub texts: Vec<Box<str>>,
}

/// Different texts of a batch beyond which they are not numbered.
const MOST_NUMBERS: usize = 4_096;

impl Numbered {
    /// Numbers the texts of a column, where they repeat. A null is a blank text.
    fn of(texts: &StringChunked) -> Option<Numbered> {
        let array = texts.downcast_iter().next()?;
        let present = texts.iter_validities().next().flatten();
        let mut known: Fast<&str, u32> = Fast::default();
        let mut numbered = Numbered { numbers: Vec::with_capacity(texts.len()), texts: Vec::new() };
        // Within one array the same view is the same text: few of them are looked at as text.
        let mut seen = vec![(0_u128, u32::MAX); 1 << 10];
        for (at, view) in array.views().iter().enumerate() {
            let view = view.as_u128();
            let slot = &mut seen[((view ^ view >> 67) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) as usize >> 54];
            let null = present.is_some_and(|bits| !bits.get_bit(at));
            if slot.0 == view && slot.1 != u32::MAX && !null {
                numbered.numbers.push(slot.1);
                continue;
            }
            let text = if null { "" } else { array.value(at) };
            let number = *known.entry(text).or_insert_with(|| {
                numbered.texts.push(text.into());
                u32::try_from(numbered.texts.len() - 1).unwrap_or(u32::MAX)
            });
            if numbered.texts.len() > MOST_NUMBERS {
                return None;
            }
            numbered.numbers.push(number);
            if !null {
                *slot = (view, number);
            }
        }
        Some(numbered)
    }

    /// The text of a row and its number.
    pub fn get(&self, at: usize) -> (&str, u32) {
        let number = self.numbers[at];
        (&self.texts[number as usize], number)
    }
}

impl Cells {
    /// Of a column in one piece.
    pub fn of(series: &Series) -> PolarsResult<Cells> {
        if series.null_count() == series.len() {
            return Ok(Cells::Blank);
        }
        Ok(match series.dtype() {
            DataType::String => {
                Numbered::of(series.str()?).map_or_else(|| series.str().cloned().map(Cells::Text), |n| Ok(Cells::Numbered(n)))?
            }
            DataType::Float64 => Cells::Double(Doubles(series.f64()?.clone())),
            DataType::Datetime(..) => Cells::Time(series.datetime()?.physical().iter().collect()),
            DataType::List(_) => Cells::Map(Maps::of(series)?),
            _ => Cells::Blank,
        })
    }

    /// Tells rows apart by what is in these cells; `None` where most are different.
    pub fn tell_apart(&self, kind: Kind, alike: &mut Alike) -> Option<()> {
        match (kind, self) {
            (_, Cells::Blank) => Some(()),
            (_, Cells::Double(doubles)) if doubles.0.null_count() == 0 => Some(()),
            (_, Cells::Double(doubles)) => alike.tell(2, doubles.0.iter().map(|double| u64::from(double.is_none()))),
            (Kind::Number, _) | (_, Cells::Text(_) | Cells::Map(_)) => None,
            (_, Cells::Numbered(texts)) => alike.tell(texts.texts.len() as u64, texts.numbers.iter().map(|number| u64::from(*number))),
            (_, Cells::Time(times)) => {
                let days = || times.iter().map(|time| time.map(|time| time.div_euclid(A_DAY_IN_MILLISECONDS)));
                let (first, last) = (days().flatten().min()?, days().flatten().max()?);
                alike.tell(last.abs_diff(first) + 2, days().map(|day| day.map_or(0, |day| day.abs_diff(first) + 1)))
            }
        }
    }
}

const A_DAY_IN_MILLISECONDS: i64 = 86_400_000;

/// Maps: the keys and values of all rows, and where each row ends.
pub struct Maps {
    ends: Vec<usize>,
    keys: StringChunked,
    values: StringChunked,
}

impl Maps {
    fn of(series: &Series) -> PolarsResult<Maps> {
        let lists = series.list()?;
        let (mut ends, mut end) = (Vec::with_capacity(lists.len() + 1), 0);
        ends.push(0);
        let inner = lists.explode(ExplodeOptions { empty_as_null: false, keep_nulls: false })?;
        for length in lists.lst_lengths().iter() {
            end += length.unwrap_or(0) as usize;
            ends.push(end);
        }
        let fields = inner.struct_()?.fields_as_series();
        let [keys, values] = fields.as_slice() else {
            return Ok(Maps { ends: vec![0; lists.len() + 1], keys: StringChunked::default(), values: StringChunked::default() });
        };
        Ok(Maps { ends, keys: keys.str()?.rechunk().into_owned(), values: values.str()?.rechunk().into_owned() })
    }

    /// Writes that of a row as [`tags::parse`] reads it.
    pub fn write(&self, at: usize, room: &mut String) {
        room.clear();
        for pair in self.ends[at]..self.ends[at + 1] {
            if let (Some(key), Some(value)) = (self.keys.get(pair), self.values.get(pair)) {
                tags::push(room, key, value);
            }
        }
    }
}
