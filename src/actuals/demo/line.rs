//! A line of the report: the charge, and what only the report tells of it.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::bill::{Charge, TierPart};
use crate::money::{QUOTIENT_PLACES, Usd, largest, quotient};
use crate::month::Month;

/// How a line of a month lies in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spread {
    /// Every day alike.
    Even,
    /// As demand comes: by weekday, no day like another.
    Demand,
    /// One row for the whole month, as much of it as has passed.
    Month,
    /// One row for the whole month, written when it is closed.
    Closing,
    /// Once, on this day of the month.
    Once(u32),
}

/// A line of the report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// The charge.
    pub charge: Charge,
    /// On the fee of a commitment: what the period bears of the fee that was paid once.
    pub upfront: Usd,
    /// How it lies in the month.
    pub spread: Spread,
}

impl Line {
    /// A line of which nothing was paid beforehand.
    pub fn new(charge: Charge, spread: Spread) -> Line {
        Line { charge, upfront: Usd::ZERO, spread }
    }

    /// So many times as much of it, at the same price.
    pub fn times(mut self, factor: Decimal) -> Line {
        let charge = &mut self.charge;
        charge.quantity = (charge.quantity * factor).round_dp(QUOTIENT_PLACES);
        for amount in [&mut charge.list, &mut charge.billed, &mut charge.effective] {
            *amount = amount.share(factor);
        }
        if let Some(net) = &mut charge.net {
            (net.billed, net.effective) = (net.billed.share(factor), net.effective.share(factor));
        }
        self
    }

    /// Cuts the line of a month into its rows, of the days before `until`; `weights` of the days where demand spreads it. All rows
    /// of a whole month add up to the line.
    pub fn rows(&self, month: Month, until: NaiveDate, weights: &[Decimal]) -> Vec<Line> {
        let days: Vec<NaiveDate> = month.days().collect();
        let on = |day: NaiveDate| Line { charge: Charge { day: Some(day), tiers: Vec::new(), ..self.charge.clone() }, ..self.clone() };
        match self.spread {
            Spread::Closing if until < month.end() => Vec::new(),
            Spread::Closing => vec![on(month.first_day())],
            Spread::Once(day) => days.into_iter().nth(day.saturating_sub(1) as usize).filter(|d| *d < until).map(on).into_iter().collect(),
            Spread::Demand => self.daily(&days, until, weights),
            Spread::Even => self.daily(&days, until, &vec![Decimal::ONE; days.len()]),
            Spread::Month => {
                let passed = self.daily(&days, until, &vec![Decimal::ONE; days.len()]);
                passed
                    .into_iter()
                    .reduce(Line::plus)
                    .map(|sum| Line { charge: Charge { day: Some(month.first_day()), ..sum.charge }, ..sum })
                    .into_iter()
                    .collect()
            }
        }
    }

    fn daily(&self, days: &[NaiveDate], until: NaiveDate, weights: &[Decimal]) -> Vec<Line> {
        let charge = &Charge { tiers: Vec::new(), ..self.charge.clone() };
        let quantity = split(charge.quantity, weights);
        let costs = through_tiers(&self.charge.tiers, &quantity).unwrap_or_else(|| weights.to_vec());
        let cut = |amount: Usd| amount.split(&costs);
        let (list, billed, effective, upfront) = (cut(charge.list), cut(charge.billed), cut(charge.effective), cut(self.upfront));
        let net = charge.net.map(|net| (cut(net.billed), cut(net.effective)));
        let of_day = |(i, day): (usize, &NaiveDate)| Line {
            charge: Charge {
                day: Some(*day),
                quantity: quantity[i],
                list: list[i],
                billed: billed[i],
                effective: effective[i],
                net: net.as_ref().map(|(billed, effective)| crate::bill::Net { billed: billed[i], effective: effective[i] }),
                ..charge.clone()
            },
            upfront: upfront[i],
            spread: self.spread,
        };
        days.iter().enumerate().filter(|(_, day)| **day < until).map(of_day).collect()
    }

    /// Two rows as one.
    fn plus(mut self, other: Line) -> Line {
        let (charge, more) = (&mut self.charge, other.charge);
        charge.quantity += more.quantity;
        charge.list += more.list;
        charge.billed += more.billed;
        charge.effective += more.effective;
        if let (Some(net), Some(more)) = (&mut charge.net, more.net) {
            net.billed += more.billed;
            net.effective += more.effective;
        }
        self.upfront += other.upfront;
        self
    }
}

/// What each day costs where the quantities of the days use up tiers one after the other, an allowance first. `None` where all is one
/// tier, or costs nothing.
fn through_tiers(tiers: &[TierPart], days: &[Decimal]) -> Option<Vec<Decimal>> {
    let mut left = tiers.iter().map(|t| (t.quantity, t.cost.decimal().checked_div(t.quantity).unwrap_or_default()));
    let (mut open, mut price) = left.next().filter(|_| tiers.len() > 1)?;
    let of_day = |quantity: &Decimal| {
        let (mut rest, mut cost) = (*quantity, Decimal::ZERO);
        while rest > open {
            cost += open * price;
            rest -= open;
            // What rounding leaves beyond the last tier costs as much as in it.
            (open, price) = left.next().unwrap_or((rest, price));
        }
        open -= rest;
        cost + rest * price
    };
    let costs: Vec<Decimal> = days.iter().map(of_day).collect();
    costs.iter().any(|c| !c.is_zero()).then_some(costs)
}

/// Splits a quantity in proportion to weights; the parts add up to it, what rounding leaves goes to the largest.
fn split(whole: Decimal, weights: &[Decimal]) -> Vec<Decimal> {
    let all: Decimal = weights.iter().sum();
    let mut parts: Vec<Decimal> = weights.iter().map(|w| quotient(whole * *w, all).unwrap_or_default()).collect();
    let left = whole - parts.iter().sum::<Decimal>();
    if let Some(largest) = largest(weights) {
        parts[largest] += left;
    }
    parts
}
