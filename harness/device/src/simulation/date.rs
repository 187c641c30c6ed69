//! Dates of the calendar, for timelines whose days have some.

use std::fmt;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A day of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u64,
    /// From 1.
    month: u64,
    /// From 1.
    day: u64,
}

impl Date {
    /// Reads `2027-11-27`, of the years 1 to 9999.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut number = |digits: usize| {
            let part = parts.next().filter(|part| part.len() == digits)?;
            let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| part.parse::<u64>().ok())?
        };
        let date = Self {
            year: number(4)?,
            month: number(2)?,
            day: number(2)?,
        };
        let exists = date.year > 0
            && (1..=12).contains(&date.month)
            && (1..=date.days_of_month()).contains(&date.day);
        (exists && parts.next().is_none()).then_some(date)
    }

    /// The date so many days later.
    #[must_use]
    pub fn after(self, days: u64) -> Self {
        let mut date = self;
        let mut left = days;
        loop {
            let of_month = date.days_of_month() - date.day;
            if left <= of_month {
                date.day += left;
                return date;
            }
            left -= of_month + 1;
            date.day = 1;
            date.month = date.month % 12 + 1;
            date.year += u64::from(date.month == 1);
        }
    }

    /// The day of the month, from 1.
    pub fn day(self) -> u64 {
        self.day
    }

    /// The month, from 1.
    pub fn month(self) -> u64 {
        self.month
    }

    /// How many months there are from the year 0 to this one, with it.
    pub(super) fn months(self) -> u64 {
        self.year * 12 + self.month
    }

    /// The day and the month, such as `1 Dec`.
    pub(super) fn short(self) -> String {
        format!("{} {}", self.day, self.name())
    }

    /// The month, such as `Dec`, and `Jan 2028` where a year begins.
    pub(super) fn month_name(self) -> String {
        match self.month {
            1 => format!("{} {}", self.name(), self.year),
            _ => self.name().to_owned(),
        }
    }

    fn name(self) -> &'static str {
        let index = usize::try_from(self.month - 1).unwrap_or_default();
        MONTHS.get(index).copied().unwrap_or_default()
    }

    fn days_of_month(self) -> u64 {
        let year = self.year;
        match self.month {
            4 | 6 | 9 | 11 => 30,
            2 if year.is_multiple_of(4)
                && (!year.is_multiple_of(100) || year.is_multiple_of(400)) =>
            {
                29
            }
            2 => 28,
            _ => 31,
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day } = self;
        write!(formatter, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_has_to_exist() {
        for text in ["2027-11-27", "2028-02-29", "2000-02-29"] {
            assert_eq!(Date::parse(text).expect(text).to_string(), text);
        }
        for text in [
            "2027-02-29",
            "1900-02-29",
            "2027-13-01",
            "2027-00-01",
            "2027-04-31",
            "0000-01-01",
            "2027-1-1",
            "2027-11-27T10:00",
            "27-11-2027",
            "+027-11-27",
            "",
        ] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
    }

    #[test]
    fn days_are_counted_over_months_and_years() {
        let after = |text: &str, days| Date::parse(text).expect(text).after(days).to_string();
        assert_eq!(after("2027-11-27", 0), "2027-11-27");
        assert_eq!(after("2027-11-27", 4), "2027-12-01");
        assert_eq!(after("2027-12-31", 1), "2028-01-01");
        assert_eq!(after("2028-02-28", 2), "2028-03-01");
        assert_eq!(after("2027-11-27", 366), "2028-11-27");
        assert_eq!(after("2000-01-01", 146_097), "2400-01-01");
    }
}
