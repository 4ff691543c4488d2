//! Millions of rows as one charge for each thing that differs: the sums of a bill, exact.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::hash::BuildHasherDefault;
use std::sync::Arc;

use chrono::NaiveDate;
use rustc_hash::FxHasher;

use super::exact::Exact;
use super::table::{Text, harmless};
use crate::bill::{CommitmentStatus, Frequency, Pricing, Seller};
use crate::month::Month;
use crate::usage::Tags;

/// A map that is fast for small keys. What is hostile in a file can make it slow, not wrong.
pub(super) type Fast<K, V> = HashMap<K, V, BuildHasherDefault<FxHasher>>;

/// What one row of a bill says besides its amounts, in the terms of all formats.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// The billing period.
    pub month: Month,
    /// The day of use; `None` where only the month is known.
    pub day: Option<NaiveDate>,
    /// The account that pays.
    pub payer: Text<'a>,
    /// The account that used it.
    pub account: Text<'a>,
    /// The line item type, as the Cost and Usage Report writes it.
    pub line_item: Text<'a>,
    /// The service's code, or its name where the source has none.
    pub service: Text<'a>,
    /// The region; "" for none.
    pub region: Text<'a>,
    /// AWS's usage type.
    pub usage_type: Text<'a>,
    /// AWS's operation.
    pub operation: Text<'a>,
    /// By what it is billed, as the price list writes it.
    pub unit: Text<'a>,
    /// What it is in words, where the other columns do not tell.
    pub description: Text<'a>,
    /// The ARN of the commitment behind it; "" for none.
    pub commitment: Text<'a>,
    /// Its tags as a map's text.
    pub tags: &'a str,
    /// The currency.
    pub currency: Text<'a>,
    /// What is told by a few words.
    pub traits: Traits,
    /// False where no invoice stands behind it yet.
    pub invoiced: bool,
}

/// What of a row is one of a few.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Traits {
    /// FOCUS `ChargeFrequency`.
    pub frequency: Frequency,
    /// FOCUS `PricingCategory`.
    pub pricing: Pricing,
    /// Whether the commitment behind it was used.
    pub status: Option<CommitmentStatus>,
    /// True for a savings plan, false for a reservation.
    pub savings_plan: bool,
    /// Who sells it.
    pub seller: Seller,
}

impl Traits {
    /// As one number.
    fn bits(self) -> u32 {
        let status = self.status.map_or(0, |s| s as u32 + 1);
        self.frequency as u32 | (self.pricing as u32) << 2 | status << 4 | u32::from(self.savings_plan) << 6 | (self.seller as u32) << 7
    }
}

/// The amounts of a row, or the sums of many.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Amounts {
    /// How much was used.
    pub quantity: Exact,
    /// Unblended.
    pub billed: Exact,
    /// Amortized.
    pub effective: Exact,
    /// After discounts, unblended and amortized; as above where the file knows none.
    pub net: (Exact, Exact),
    /// At list price.
    pub list: Exact,
    /// What amortizing moves in or out.
    pub true_up: Exact,
}

impl Amounts {
    /// The sum; `None` beyond 128 bits.
    fn plus(self, other: Amounts) -> Option<Amounts> {
        Some(Amounts {
            quantity: self.quantity.plus(other.quantity)?,
            billed: self.billed.plus(other.billed)?,
            effective: self.effective.plus(other.effective)?,
            net: (self.net.0.plus(other.net.0)?, self.net.1.plus(other.net.1)?),
            list: self.list.plus(other.list)?,
            true_up: self.true_up.plus(other.true_up)?,
        })
    }
}

/// How many words tell one charge from another.
const WORDS: usize = 12;

/// What tells one charge from another: words by their number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Key {
    month: Month,
    day: Option<NaiveDate>,
    words: [u32; WORDS],
    traits: u32,
}

/// What stands behind a key.
#[derive(Clone, Copy)]
struct Sums {
    traits: Traits,
    amounts: Amounts,
    rows: u64,
    invoiced: bool,
}

/// Texts that were seen, each with a number and as it can be shown; the empty one is 0.
struct Words {
    numbers: Fast<Arc<str>, u32>,
    texts: Vec<Arc<str>>,
}

impl Default for Words {
    fn default() -> Words {
        let empty: Arc<str> = "".into();
        Words { numbers: Fast::from_iter([(empty.clone(), 0)]), texts: vec![empty] }
    }
}

impl Words {
    fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        let raw: Arc<str> = text.into();
        let shown = match harmless(text) {
            Cow::Borrowed(_) => raw.clone(),
            Cow::Owned(shown) => shown.into(),
        };
        self.texts.push(shown);
        self.numbers.insert(raw, number);
        number
    }
}

/// What stops a rollup.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Full {
    /// A map that is none.
    Tags,
    /// A text with a NUL byte.
    Nul,
    /// More different charges than [`MOST_CHARGES`].
    Charges,
    /// More bytes of different texts than [`MOST_TEXT`].
    Text,
    /// A sum beyond 128 bits.
    Sum,
}

/// Different charges that are kept, over all periods of one import: each takes about a kilobyte until it lies in the store.
pub const MOST_CHARGES: usize = 1_000_000;

/// Bytes of all different texts and tags together.
pub const MOST_TEXT: usize = 128 << 20;

/// Bytes of the maps that are remembered by their text.
const MAPS_KEPT: usize = 16 << 20;

/// The sums of all rows so far.
#[derive(Default)]
pub struct Rollup {
    words: Words,
    /// The last text of each place, with its number: most rows repeat what the row before them said.
    last: [Option<(Arc<str>, u32)>; WORDS],
    /// For each column whose file numbers its words within a batch: those numbers here.
    batch: Vec<Vec<u32>>,
    /// The files behind each period of each payer.
    files: Fast<(Month, u32), Vec<usize>>,
    /// The period, payer and file of the last row.
    last_period: Option<(Month, u32, usize)>,
    tags: Vec<Arc<Tags>>,
    tag_numbers: HashMap<Arc<Tags>, u32>,
    map_numbers: Fast<Box<str>, u32>,
    /// Bytes of the keys of `map_numbers`, and of all texts and tags.
    map_bytes: usize,
    bytes: usize,
    /// The place of each charge in `sums`.
    places: Fast<Key, usize>,
    sums: Vec<Sums>,
}

/// One charge and its sums.
#[derive(Clone, Copy)]
pub struct Summed<'a> {
    rollup: &'a Rollup,
    key: &'a Key,
    sums: &'a Sums,
}

impl Rollup {
    /// Adds a row of a file, which is told by its number.
    pub fn add(&mut self, entry: &Entry<'_>, amounts: Amounts, file: usize) -> Result<(), Full> {
        let charge = self.charge(entry, file)?;
        self.count(charge, amounts, 1)
    }

    /// The place of the charge to which a row of a file belongs, for [`Rollup::count`].
    pub fn charge(&mut self, entry: &Entry<'_>, file: usize) -> Result<usize, Full> {
        let key = self.key(entry)?;
        let period = (key.month, key.words[0], file);
        if self.last_period != Some(period) {
            self.last_period = Some(period);
            let files = self.files.entry((period.0, period.1)).or_default();
            if !files.contains(&file) {
                files.push(file);
            }
        }
        let next = self.sums.len();
        let place = *self.places.entry(key).or_insert(next);
        if place == next {
            if next >= MOST_CHARGES {
                return Err(Full::Charges);
            }
            self.sums.push(Sums { traits: entry.traits, amounts: Amounts::default(), rows: 0, invoiced: true });
        }
        self.sums[place].invoiced &= entry.invoiced;
        Ok(place)
    }

    /// Adds what so many rows of a charge cost together.
    pub fn count(&mut self, charge: usize, amounts: Amounts, rows: u64) -> Result<(), Full> {
        let sums = &mut self.sums[charge];
        sums.amounts = sums.amounts.plus(amounts).ok_or(Full::Sum)?;
        sums.rows += rows;
        Ok(())
    }

    fn key(&mut self, entry: &Entry<'_>) -> Result<Key, Full> {
        let texts = [
            entry.payer,
            entry.account,
            entry.line_item,
            entry.service,
            entry.region,
            entry.usage_type,
            entry.operation,
            entry.unit,
            entry.description,
            entry.commitment,
            entry.currency,
        ];
        let mut words = [0; WORDS];
        for (place, text) in texts.into_iter().enumerate() {
            words[place] = self.word(place, text)?;
        }
        words[WORDS - 1] = self.tag_set(entry.tags)?;
        // A refund or correction of an earlier month is of this bill, on no day of it.
        let day = entry.day.filter(|day| Month::of(*day) == entry.month);
        Ok(Key { month: entry.month, day, words, traits: entry.traits.bits() })
    }

    /// Forgets the numbers of the batch before.
    pub fn next_batch(&mut self) {
        self.batch.iter_mut().for_each(Vec::clear);
    }

    /// The number of a text, here. Numbers that the file gives are looked up in a list, and texts are compared only where there
    /// are none, first with what the row before said at the same place.
    fn word(&mut self, place: usize, text: Text<'_>) -> Result<u32, Full> {
        if text.is_empty() {
            return Ok(0);
        }
        if let Some((column, given)) = text.number {
            let known = self.batch.get(column).and_then(|list| list.get(given as usize));
            if let Some(number) = known.filter(|n| **n != u32::MAX) {
                return Ok(*number);
            }
            let number = self.new_word(&text)?;
            if self.batch.len() <= column {
                self.batch.resize_with(column + 1, Vec::new);
            }
            let list = &mut self.batch[column];
            if list.len() <= given as usize {
                list.resize(given as usize + 1, u32::MAX);
            }
            list[given as usize] = number;
            return Ok(number);
        }
        if let Some((last, number)) = &self.last[place]
            && last.len() == text.len()
            && **last == *text
        {
            return Ok(*number);
        }
        let number = self.new_word(&text)?;
        self.last[place] = self.words.texts.get(number as usize).map(|text| (text.clone(), number));
        Ok(number)
    }

    fn new_word(&mut self, text: &str) -> Result<u32, Full> {
        let known = self.words.texts.len();
        let number = self.words.number(text);
        if self.words.texts.len() > known {
            self.hold(text.len())?;
            if text.contains('\0') {
                return Err(Full::Nul);
            }
        }
        Ok(number)
    }

    /// Counts bytes that stay in memory.
    fn hold(&mut self, bytes: usize) -> Result<(), Full> {
        self.bytes += bytes;
        if self.bytes > MOST_TEXT { Err(Full::Text) } else { Ok(()) }
    }

    fn tag_set(&mut self, text: &str) -> Result<u32, Full> {
        if let Some(number) = self.map_numbers.get(text) {
            return Ok(*number);
        }
        let tags = Arc::new(super::tags::parse(text).ok_or(Full::Tags)?);
        let known = self.tags.len();
        let number = *self.tag_numbers.entry(tags.clone()).or_insert_with(|| {
            self.tags.push(tags);
            u32::try_from(self.tags.len() - 1).unwrap_or(u32::MAX)
        });
        if self.tags.len() > known {
            self.hold(text.len())?;
        }
        if self.map_bytes + text.len() > MAPS_KEPT {
            self.map_numbers.clear();
            self.map_bytes = 0;
        }
        self.map_bytes += text.len();
        self.map_numbers.insert(text.into(), number);
        Ok(number)
    }

    /// Every charge with its sums, by period, payer and the rest: in an order that does not depend on that of the rows.
    pub fn sorted(&self) -> Vec<Summed<'_>> {
        let mut all: Vec<Summed<'_>> =
            self.places.iter().map(|(key, place)| Summed { rollup: self, key, sums: &self.sums[*place] }).collect();
        all.sort_unstable_by(|a, b| order(a).cmp(&order(b)));
        all
    }

    /// The numbers of the files that hold rows of a payer's period.
    pub fn files(&self, month: Month, payer: &str) -> &[usize] {
        self.words.numbers.get(payer).and_then(|payer| self.files.get(&(month, *payer))).map_or(&[], Vec::as_slice)
    }

    /// The periods of which a file holds rows, in their order.
    pub fn months(&self, file: usize) -> impl Iterator<Item = Month> {
        let of_file = self.files.iter().filter(move |(_, files)| files.contains(&file)).map(|((month, _), _)| *month);
        of_file.collect::<BTreeSet<Month>>().into_iter()
    }

    /// The shared text of a word, so that charges do not copy it.
    pub fn shared(&self, text: &str) -> Arc<str> {
        self.words.numbers.get_key_value(text).map_or_else(|| text.into(), |(known, _)| known.clone())
    }
}

impl<'a> Summed<'a> {
    /// What it is; `tags` is empty here.
    pub fn entry(&self) -> Entry<'a> {
        let word = |place: usize| self.rollup.words.texts.get(self.key.words[place] as usize).map_or("", |t| t.as_ref());
        Entry {
            month: self.key.month,
            day: self.key.day,
            payer: word(0).into(),
            account: word(1).into(),
            line_item: word(2).into(),
            service: word(3).into(),
            region: word(4).into(),
            usage_type: word(5).into(),
            operation: word(6).into(),
            unit: word(7).into(),
            description: word(8).into(),
            commitment: word(9).into(),
            currency: word(10).into(),
            tags: "",
            traits: self.sums.traits,
            invoiced: self.sums.invoiced,
        }
    }

    /// Its tags.
    pub fn tags(&self) -> &'a Arc<Tags> {
        &self.rollup.tags[self.key.words[WORDS - 1] as usize]
    }

    /// How many rows it stands for.
    pub fn rows(&self) -> u64 {
        self.sums.rows
    }

    /// The sums of its amounts.
    pub fn amounts(&self) -> Amounts {
        self.sums.amounts
    }
}

/// By what charges are ordered.
fn order<'a>(summed: &Summed<'a>) -> impl Ord + use<'a> {
    let e = summed.entry();
    let place = (e.month, e.payer.text, e.day, e.account.text, e.service.text, e.region.text);
    let what = (e.usage_type.text, e.operation.text, e.line_item.text, e.commitment.text);
    (place, what, (e.unit.text, e.description.text, e.currency.text), summed.tags(), e.traits.bits())
}
