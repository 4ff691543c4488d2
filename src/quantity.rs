//! Quantities as people write them ("20 GB", "6.5 B requests/month", "4 vCPU") and units as AWS bills them.
//!
//! GB = 2^30 bytes, TB = 1,024 GB. k, M and B are 10^3, 10^6 and 10^9 of a thing; a bare B is never bytes.

use std::fmt;
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use schemars::{Schema, SchemaGenerator, json_schema};

use crate::money::Usd;

/// The largest quantity that is read or billed, in whatever unit: beyond it products would no longer be exact.
pub const LARGEST: Decimal = Decimal::from_parts(0xA4C6_8000, 0x0003_8D7E, 0, false, 0); // 10^15

/// What AWS bills by. Prices and usage must agree in it; the price list's own spelling is kept for display only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Unit {
    /// A thing for an hour: instances, vCPUs, GB of memory, LCUs, ACUs.
    Hours,
    /// A gigabyte stored for the month.
    GbMonths,
    /// A gigabyte moved or processed.
    Gb,
    /// A thing kept for the month: metrics, alarms, keys, secrets, zones, web ACLs.
    Months,
    /// A gigabyte of memory or disk for a second.
    GbSeconds,
    /// A thing counted: requests, events, objects.
    Count,
}

impl Unit {
    /// Reads a unit of the AWS price list. What is not hours, gigabytes or months is a count.
    pub fn of_price_list(text: &str) -> Unit {
        match text {
            "hours"
            | "Hours"
            | "hour"
            | "Hrs"
            | "LCU-Hrs"
            | "ACU-Hr"
            | "GB-Hours"
            | "vCPU-Hours"
            | "ShardHour"
            | "DSU-hour"
            | "WriteCapacityUnit-Hrs"
            | "ReadCapacityUnit-Hrs"
            | "Resource-Hours"
            | "CR-Hr"
            | "Gbps-hrs" => Unit::Hours,
            "GB-Mo" | "GB-month" => Unit::GbMonths,
            "GB" => Unit::Gb,
            "Month" | "Metrics" | "Alarms" | "Dashboards" | "Keys" | "Secrets" | "HostedZone" | "Health-Check" | "vCPU-Months"
            | "ACU-Months" | "IOPS-Mo" | "MiBps-Mo" | "Parameter-Mo" | "Certificates" | "Certificate" => Unit::Months,
            "Lambda-GB-Second" | "GB-Second" => Unit::GbSeconds,
            _ => Unit::Count,
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unit::Hours => "hours",
            Unit::GbMonths => "GB-months",
            Unit::Gb => "GB",
            Unit::Months => "months",
            Unit::GbSeconds => "GB-seconds",
            Unit::Count => "count",
        })
    }
}

/// A quantity that a scenario file can hold.
pub trait Quantity: FromStr<Err = String> + fmt::Display + Clone + fmt::Debug {
    /// Its name in the JSON Schema.
    const NAME: &'static str;
    /// What to write, with an example: the text of errors and of the JSON Schema.
    const EXPECTED: &'static str;
    /// What it cannot exceed.
    const MOST: Option<Decimal> = None;
    /// True where it can be below zero.
    const SIGNED: bool = false;
    /// The number itself, in the unit that `Display` names.
    fn decimal(&self) -> Decimal;
    /// True for a flow that is stated for each request of the workload.
    fn per_request(&self) -> bool {
        false
    }
    /// True where both numbers are in the same unit.
    fn comparable(&self, _: &Self) -> bool {
        true
    }
    /// Its JSON Schema.
    fn schema() -> Schema;
}

/// The schema of a quantity as a file writes it.
pub fn schema_of<T: Quantity>(_: &mut SchemaGenerator) -> Schema {
    T::schema()
}

/// A number: "1,200", "0.25", "6.5 B", "20 k". The rest of the text is handed back.
fn number(text: &str) -> Option<(Decimal, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ',' || c == '_')).unwrap_or(text.len());
    let digits: String = text[..end].chars().filter(|c| *c != ',' && *c != '_').collect();
    let value = Decimal::from_str_exact(&digits).ok().filter(|v| v.scale() <= 12 && *v <= LARGEST)?;
    Some((value, text[end..].trim_start()))
}

/// A quantity's text with its number so many times as large: "6.5 B requests/month" × 1.2 is "7.8 B requests/month". `None`
/// where no number begins it.
pub fn scaled_text(text: &str, factor: Decimal) -> Option<String> {
    let (value, _) = number(text)?;
    let rest = text.trim().trim_start_matches(|c: char| c.is_ascii_digit() || c == '.' || c == ',' || c == '_');
    Some(format!("{}{rest}", exact(value.checked_mul(factor)?.round_dp(12))))
}

/// "+20%" as 1.2, "-5%" as 0.95: a change of what is there. A sign is what tells it from a share.
pub fn relative(text: &str) -> Option<Decimal> {
    let text = text.trim();
    let sign = if text.starts_with('+') { Decimal::ONE } else { Decimal::NEGATIVE_ONE };
    let (value, rest) = number(text.strip_prefix(['+', '-'])?)?;
    let factor = Decimal::ONE + sign * value / Decimal::ONE_HUNDRED;
    (rest == "%" && factor >= Decimal::ZERO).then_some(factor)
}

/// A number with an optional k, M or B behind it.
fn scaled(text: &str) -> Option<(Decimal, &str)> {
    let (value, rest) = number(text)?;
    let (factor, rest) = match rest.split_once(' ').map_or((rest, ""), |(a, b)| (a, b)) {
        ("k", after) => (1_000, after),
        ("M", after) => (1_000_000, after),
        ("B", after) => (1_000_000_000, after),
        _ => match rest.strip_prefix(['k', 'M', 'B']).filter(|r| r.starts_with('/')) {
            Some(after) if rest.starts_with('k') => (1_000, after),
            Some(after) if rest.starts_with('M') => (1_000_000, after),
            Some(after) => (1_000_000_000, after),
            None => (1, rest),
        },
    };
    let value = value.checked_mul(Decimal::from(factor)).filter(|v| *v <= LARGEST)?;
    Some((value, rest.trim_start()))
}

/// A number as it is written, in gigabytes where it speaks of bytes, else in single things, and by which time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Magnitude {
    /// The number.
    pub value: Decimal,
    /// What it counts: "GB/month", "/s", "vCPU"; nothing for single things.
    pub unit: String,
}

/// As a scenario file writes it.
impl fmt::Display for Magnitude {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.with(exact(self.value)))
    }
}

impl Magnitude {
    /// As a sentence shows it: "125,000,000 requests/month".
    pub fn shown(&self) -> String {
        self.with(grouped(self.value))
    }

    fn with(&self, number: String) -> String {
        let space = if self.unit.is_empty() || self.unit.starts_with('/') { "" } else { " " };
        format!("{number}{space}{}", self.unit)
    }
}

/// Reads the number of any quantity: "1.5 TB/month" is 1,536 of GB/month, "50 M requests/month" 50,000,000 of "requests/month".
pub fn magnitude(text: &str) -> Option<Magnitude> {
    let (value, unit) = match gigabytes(text) {
        Some((gb, rest)) => (gb, format!("GB{rest}")),
        None => scaled(text).map(|(value, rest)| (value, rest.to_owned()))?,
    };
    Some(Magnitude { value, unit })
}

/// Gigabytes behind a number with a unit of bytes, and the rest of the text.
fn gigabytes(text: &str) -> Option<(Decimal, &str)> {
    let (value, rest) = number(text)?;
    let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    let gb = match &rest[..end] {
        "KB" => value / Decimal::from(1_048_576),
        "MB" => value / Decimal::from(1_024),
        "GB" => value,
        "TB" => value * Decimal::from(1_024),
        "PB" => value * Decimal::from(1_048_576),
        _ => return None,
    };
    // A KB is 2^-20 GB: twenty places.
    Some((gb.round_dp(20), rest[end..].trim_start())).filter(|(gb, _)| *gb <= LARGEST)
}

/// Thousands separated, trailing zeros cut: 1234567.50 as "1,234,567.5".
pub fn grouped(value: Decimal) -> String {
    let text = value.normalize().abs().to_string();
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), None), |(w, f)| (w, Some(f)));
    let mut out = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    let sign = if value.is_sign_negative() && !value.is_zero() { "-" } else { "" };
    match fraction {
        Some(fraction) => format!("{sign}{out}.{fraction}"),
        None => format!("{sign}{out}"),
    }
}

/// An exact decimal as text, without trailing zeros: how machines get every number.
pub fn exact(value: Decimal) -> String {
    value.normalize().to_string()
}

/// A fraction as whole per cent.
pub fn per_cent(fraction: Decimal) -> String {
    format!("{}%", grouped((fraction * Decimal::ONE_HUNDRED).round_dp_with_strategy(0, RoundingStrategy::MidpointNearestEven)))
}

/// A large number in three digits and a word: "6.5 B", "22,000", "381".
pub fn about(value: Decimal) -> String {
    let scaled = |unit: u64, word: &str| format!("{} {word}", grouped(three_digits(value / Decimal::from(unit))));
    match value.abs() {
        v if v >= Decimal::from(1_000_000_000u64) => scaled(1_000_000_000, "B"),
        v if v >= Decimal::from(1_000_000u64) => scaled(1_000_000, "M"),
        _ => grouped(three_digits(value)),
    }
}

/// Three significant digits for numbers below 1,000, whole numbers above.
fn three_digits(value: Decimal) -> Decimal {
    let places = match value.abs() {
        v if v >= Decimal::ONE_HUNDRED => 0,
        v if v >= Decimal::TEN => 1,
        v if v >= Decimal::ONE => 2,
        _ => 4,
    };
    value.round_dp_with_strategy(places, RoundingStrategy::MidpointNearestEven)
}

/// Gigabytes in the unit that reads best: "381 GB", "22 TB".
pub fn bytes(gb: Decimal) -> String {
    if gb >= Decimal::from(1_024) { format!("{} TB", about(gb / Decimal::from(1_024))) } else { format!("{} GB", about(gb)) }
}

/// A number of things: tasks, instances, objects, keys.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Count(pub Decimal);

/// Gigabytes that lie somewhere, on average over the month.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Gb(pub Decimal);

/// Processors of a task or function.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Vcpus(pub Decimal);

/// A part of a whole: 0.85 for "85%".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Share(pub Decimal);

/// A length of time, in seconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Seconds(pub Decimal);

impl Seconds {
    /// In days of 24 hours.
    pub fn days(self) -> Decimal {
        self.0 / Decimal::from(86_400)
    }
}

/// A time over which something happens repeatedly.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Per {
    /// Each second of the month: grows with its hours.
    Second,
    /// Each minute.
    Minute,
    /// Each hour.
    Hour,
    /// Each day of 24 hours.
    Day,
    /// Each month, however long.
    Month,
    /// Each request of the workload.
    Request,
}

impl Per {
    /// How often it comes in an hour, as multiplier and divisor; `None` for what does not scale with hours.
    pub fn in_an_hour(self) -> Option<(Decimal, Decimal)> {
        match self {
            Per::Second => Some((Decimal::from(3_600), Decimal::ONE)),
            Per::Minute => Some((Decimal::from(60), Decimal::ONE)),
            Per::Hour => Some((Decimal::ONE, Decimal::ONE)),
            Per::Day => Some((Decimal::ONE, Decimal::from(24))),
            Per::Month | Per::Request => None,
        }
    }

    fn read(text: &str) -> Option<Per> {
        match text {
            "s" | "second" => Some(Per::Second),
            "min" | "minute" => Some(Per::Minute),
            "h" | "hour" => Some(Per::Hour),
            "day" => Some(Per::Day),
            "month" => Some(Per::Month),
            "request" => Some(Per::Request),
            _ => None,
        }
    }

    fn suffix(self) -> &'static str {
        match self {
            Per::Second => "s",
            Per::Minute => "min",
            Per::Hour => "h",
            Per::Day => "day",
            Per::Month => "month",
            Per::Request => "request",
        }
    }
}

/// By how much something becomes more, or less, from one period to the next, compounded: 0.02 each month for "2%/month".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Growth {
    /// The increase as a share of what was before; below zero for a decrease, never down to -1.
    pub share: Decimal,
    /// In which time.
    pub per: GrowthPer,
}

/// The time in which growth is stated.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum GrowthPer {
    /// From one month to the next.
    Month,
    /// From one month to the same month a year later.
    Year,
}

/// Things that happen: requests, events, connections.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CountRate {
    /// How many.
    pub amount: Decimal,
    /// In which time.
    pub per: Per,
}

/// Gigabytes that move.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GbRate {
    /// How many gigabytes.
    pub amount: Decimal,
    /// In which time.
    pub per: Per,
}

/// What a [`Pace`] counts by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// Each day.
    Day,
    /// Each seven days.
    Week,
    /// Each month, however long.
    Month,
}

/// How often something is done: "month" is once a month, "2/week" twice a week.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pace {
    /// How many times.
    pub times: Decimal,
    /// In which time.
    pub turn: Turn,
}

impl Turn {
    fn word(self) -> &'static str {
        match self {
            Turn::Day => "day",
            Turn::Week => "week",
            Turn::Month => "month",
        }
    }
}

/// A rate of either kind: what a month's quantity is computed from.
pub trait Rate: Quantity {
    /// The time to which the number belongs.
    fn per(&self) -> Per;
}

impl Rate for CountRate {
    fn per(&self) -> Per {
        self.per
    }
}

impl Rate for GbRate {
    fn per(&self) -> Per {
        self.per
    }
}

impl FromStr for Count {
    type Err = String;
    fn from_str(text: &str) -> Result<Count, String> {
        match scaled(text) {
            Some((value, "")) => Ok(Count(value)),
            _ => Err(format!("expected {}", Count::EXPECTED)),
        }
    }
}

impl FromStr for Gb {
    type Err = String;
    fn from_str(text: &str) -> Result<Gb, String> {
        match gigabytes(text) {
            Some((value, "")) => Ok(Gb(value)),
            _ => Err(format!("expected {}", Gb::EXPECTED)),
        }
    }
}

impl FromStr for Vcpus {
    type Err = String;
    fn from_str(text: &str) -> Result<Vcpus, String> {
        match number(text) {
            Some((value, "vCPU")) => Ok(Vcpus(value)),
            _ => Err(format!("expected {}", Vcpus::EXPECTED)),
        }
    }
}

impl FromStr for Share {
    type Err = String;
    fn from_str(text: &str) -> Result<Share, String> {
        match number(text) {
            Some((value, "%")) if value <= Decimal::ONE_HUNDRED => Ok(Share(value / Decimal::ONE_HUNDRED)),
            _ => Err(format!("expected {}", Share::EXPECTED)),
        }
    }
}

/// Most growth that is read: eleven times as much from one period to the next.
const FASTEST: Decimal = Decimal::TEN;

impl FromStr for Growth {
    type Err = String;
    fn from_str(text: &str) -> Result<Growth, String> {
        let wrong = || format!("expected {}", Growth::EXPECTED);
        let (sign, text) = text.trim().strip_prefix('-').map_or((Decimal::ONE, text), |rest| (Decimal::NEGATIVE_ONE, rest));
        let (percent, rest) = number(text).ok_or_else(wrong)?;
        let per = match rest.strip_prefix('%').map(str::trim_start) {
            Some("/month") => GrowthPer::Month,
            Some("/year") => GrowthPer::Year,
            _ => return Err(wrong()),
        };
        let share = percent * sign / Decimal::ONE_HUNDRED;
        match share {
            s if s <= Decimal::NEGATIVE_ONE => Err("nothing is left after -100%: write more than that".into()),
            s if s > FASTEST => Err(format!("more than {} is no growth that is computed", per_cent(FASTEST))),
            share => Ok(Growth { share, per }),
        }
    }
}

impl FromStr for Seconds {
    type Err = String;
    fn from_str(text: &str) -> Result<Seconds, String> {
        let wrong = || format!("expected {}", Seconds::EXPECTED);
        let (value, unit) = number(text).ok_or_else(wrong)?;
        if unit == "ms" {
            return Ok(Seconds((value / Decimal::from(1_000)).round_dp(12)));
        }
        let factor = match unit {
            "s" => 1,
            "min" => 60,
            "h" => 3_600,
            "day" | "days" => 86_400,
            // As AWS's rules count, which know days only.
            "year" | "years" => 365 * 86_400,
            _ => return Err(wrong()),
        };
        value.checked_mul(Decimal::from(factor)).filter(|v| *v <= LARGEST).map(Seconds).ok_or_else(wrong)
    }
}

/// Splits "6.5 B requests/month" behind its number: the noun is for the reader, the time must be known.
fn per(rest: &str) -> Option<Per> {
    let (noun, time) = rest.rsplit_once('/')?;
    noun.trim().chars().all(|c| c.is_ascii_alphabetic() || c == ' ' || c == '-').then(|| Per::read(time.trim()))?
}

impl FromStr for Pace {
    type Err = String;
    fn from_str(text: &str) -> Result<Pace, String> {
        let wrong = || format!("expected {}", Pace::EXPECTED);
        let (times, turn) = match text.split_once('/') {
            None => (Decimal::ONE, text),
            Some((times, turn)) => (number(times).filter(|(_, rest)| rest.is_empty()).ok_or_else(wrong)?.0, turn),
        };
        let turn = [Turn::Day, Turn::Week, Turn::Month].into_iter().find(|t| t.word() == turn.trim()).ok_or_else(wrong)?;
        Ok(Pace { times, turn })
    }
}

impl FromStr for CountRate {
    type Err = String;
    fn from_str(text: &str) -> Result<CountRate, String> {
        let wrong = || format!("expected {}", CountRate::EXPECTED);
        if gigabytes(text).is_some() {
            return Err(format!("these are bytes, {}", wrong()));
        }
        let (amount, rest) = scaled(text).ok_or_else(wrong)?;
        per(rest).map(|per| CountRate { amount, per }).ok_or_else(wrong)
    }
}

impl FromStr for GbRate {
    type Err = String;
    fn from_str(text: &str) -> Result<GbRate, String> {
        let wrong = || format!("expected {}", GbRate::EXPECTED);
        let (amount, rest) = gigabytes(text).ok_or_else(wrong)?;
        per(rest).filter(|_| rest.starts_with('/')).map(|per| GbRate { amount, per }).ok_or_else(wrong)
    }
}

/// "5600 USD": the currency is written, so that a number alone is never taken for money.
impl FromStr for Usd {
    type Err = String;
    fn from_str(text: &str) -> Result<Usd, String> {
        let (sign, text) = text.trim().strip_prefix('-').map_or((Decimal::ONE, text), |rest| (Decimal::NEGATIVE_ONE, rest));
        match number(text) {
            Some((value, "USD")) if value.scale() <= 10 => Ok(Usd::new(value * sign)),
            _ => Err(format!("expected {}", <Usd as Quantity>::EXPECTED)),
        }
    }
}

macro_rules! quantities {
    ($($name:ident, $value:expr, $show:expr, $expected:literal, $pattern:literal $({ $($more:item)* })?;)*) => {$(
        impl Quantity for $name {
            const NAME: &'static str = stringify!($name);
            const EXPECTED: &'static str = $expected;
            fn decimal(&self) -> Decimal {
                let value: fn(&$name) -> Decimal = $value;
                value(self)
            }
            fn schema() -> Schema {
                json_schema!({ "type": ["string", "number"], "pattern": $pattern, "description": $expected })
            }
            $($($more)*)?
        }
        impl_display!($name, $show);
    )*};
}

macro_rules! impl_display {
    (Usd, $show:expr) => {};
    ($name:ident, $show:expr) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let show: fn(&$name) -> String = $show;
                f.write_str(&show(self))
            }
        }
    };
}

quantities! {
    Count, |q| q.0, |q| grouped(q.0), "a number, such as `3`, `8.3` or `6.5 B`", r"^[0-9.,_]+( ?[kMB])?$";
    Gb, |q| q.0, |q| format!("{} GB", grouped(q.0)), "a size, such as `20 GB` or `1.5 TB`", r"^[0-9.,_]+ ?(KB|MB|GB|TB|PB)$";
    Vcpus, |q| q.0, |q| format!("{} vCPU", grouped(q.0)), "processors, such as `0.5 vCPU`", r"^[0-9.,_]+ ?vCPU$";
    Share, |q| q.0, |q| format!("{}%", grouped(q.0 * Decimal::ONE_HUNDRED)), "a share between `0%` and `100%`", r"^[0-9.,_]+ ?%$" { const MOST: Option<Decimal> = Some(Decimal::ONE); };
    Growth, |q| q.share, |q| format!("{}%/{}", grouped(q.share * Decimal::ONE_HUNDRED), match q.per { GrowthPer::Month => "month", GrowthPer::Year => "year" }),
        "growth, such as `2%/month`, `-1%/month` or `25%/year`", r"^-?[0-9.,_]+ ?% ?/(month|year)$" {
        const SIGNED: bool = true;
        fn comparable(&self, other: &Growth) -> bool { self.per == other.per }
    };
    Seconds, |q| q.0, |q| format!("{} s", grouped(q.0)), "a time, such as `40 ms`, `90 s`, `5 min`, `2 h`, `35 days` or `7 years` of 365 days",
        r"^[0-9.,_]+ ?(ms|s|min|h|days?|years?)$";
    CountRate, |q| q.amount, |q| format!("{}/{}", grouped(q.amount), q.per.suffix()),
        "a rate, such as `118/s` or `6.5 B requests/month` (per s, min, h, day, month or request)",
        r"^[0-9.,_]+ ?[kMB]?( ?[A-Za-z -]+)?/(s|second|min|minute|h|hour|day|month|request)$" {
        fn comparable(&self, other: &CountRate) -> bool { self.per == other.per }
        fn per_request(&self) -> bool { self.per == Per::Request }
    };
    GbRate, |q| q.amount, |q| format!("{} GB/{}", grouped(q.amount), q.per.suffix()),
        "a flow of data, such as `100 GB/month` (per s, min, h, day, month or request)",
        r"^[0-9.,_]+ ?(KB|MB|GB|TB|PB)/(s|second|min|minute|h|hour|day|month|request)$" {
        fn comparable(&self, other: &GbRate) -> bool { self.per == other.per }
        fn per_request(&self) -> bool { self.per == Per::Request }
    };
    Pace, |q| q.times, |q| format!("{}/{}", grouped(q.times), q.turn.word()), "how often, such as `month`, `week` or `2/month`",
        r"^([0-9.,_]+ ?/ ?)?(day|week|month)$";
    Usd, |q| Usd::decimal(*q), |q| q.to_string(), "an amount of money, such as `5600 USD`", r"^-?[0-9.,_]+ ?USD$";
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().expect("a decimal")
    }

    #[test]
    fn sizes_are_binary_and_exact() {
        assert_eq!("1.5 TB".parse(), Ok(Gb(d("1536"))));
        assert_eq!("512 MB".parse(), Ok(Gb(d("0.5"))));
        assert!("20".parse::<Gb>().is_err());
        assert!("20 B".parse::<Gb>().is_err());
    }

    #[test]
    fn k_m_and_b_are_of_things() {
        assert_eq!("6.5 B requests/month".parse(), Ok(CountRate { amount: d("6500000000"), per: Per::Month }));
        assert_eq!("118/s".parse(), Ok(CountRate { amount: d("118"), per: Per::Second }));
        assert_eq!("2.5k/s".parse(), Ok(CountRate { amount: d("2500"), per: Per::Second }));
        assert_eq!("1,200".parse(), Ok(Count(d("1200"))));
        assert_eq!("20 k".parse(), Ok(Count(d("20000"))));
    }

    #[test]
    fn growth_keeps_its_sign_and_its_time() {
        assert_eq!("2%/month".parse(), Ok(Growth { share: d("0.02"), per: GrowthPer::Month }));
        let falls: Growth = "-1.5 %/year".parse().expect("growth");
        assert_eq!((falls.share, falls.per, falls.to_string().as_str()), (d("-0.015"), GrowthPer::Year, "-1.5%/year"));
        assert!("2%".parse::<Growth>().is_err());
        assert!("2/month".parse::<Growth>().is_err());
        assert!("-100%/month".parse::<Growth>().expect_err("nothing left").starts_with("nothing is left"));
        assert!("1001%/month".parse::<Growth>().is_err());
    }

    #[test]
    fn a_year_is_365_days() {
        assert_eq!("7 years".parse::<Seconds>().map(Seconds::days), Ok(d("2555")));
        assert_eq!("1 year".parse::<Seconds>(), "365 days".parse());
        assert!("2 months".parse::<Seconds>().is_err());
    }

    #[test]
    fn a_pace_is_a_time_or_several_times_in_it() {
        assert_eq!("month".parse(), Ok(Pace { times: Decimal::ONE, turn: Turn::Month }));
        assert_eq!("2/week".parse(), Ok(Pace { times: Decimal::TWO, turn: Turn::Week }));
        assert!("fortnight".parse::<Pace>().is_err());
        assert!("2".parse::<Pace>().is_err());
    }

    #[test]
    fn bytes_where_things_are_counted_say_so() {
        assert!("20 GB/month".parse::<CountRate>().expect_err("bytes").starts_with("these are bytes"));
        assert!("20 requests/month".parse::<GbRate>().is_err());
    }

    #[test]
    fn money_names_its_currency() {
        assert_eq!("5,600 USD".parse(), Ok(Usd::new(d("5600"))));
        assert!("5600".parse::<Usd>().is_err());
        assert!("5600 EUR".parse::<Usd>().is_err());
    }

    #[test]
    fn numbers_too_large_to_be_exact_are_refused() {
        assert!("1000000000000001".parse::<Count>().is_err());
        assert!("99999999 B".parse::<Count>().is_err());
        assert_eq!(LARGEST, d("1000000000000000"));
    }

    #[test]
    fn thousands_are_separated() {
        assert_eq!(grouped(d("1234567.50")), "1,234,567.5");
        assert_eq!(grouped(d("-0.5")), "-0.5");
        assert_eq!(grouped(d("999")), "999");
    }

    #[test]
    fn large_numbers_keep_three_digits() {
        assert_eq!(about(d("6502000000")), "6.5 B");
        assert_eq!(bytes(d("22945")), "22.4 TB");
        assert_eq!(bytes(d("381.1")), "381 GB");
    }
}
