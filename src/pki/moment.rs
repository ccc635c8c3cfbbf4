//! Moments of certificates: UTCTime and GeneralizedTime (X.690 §11.7, §11.8) as seconds, in the proleptic Gregorian calendar.
//!
//! Knows no clock: what time it is, the caller says.

use alloc::{format, vec::Vec};
use core::fmt;

use super::der::{Reader, element};
use crate::error::{Error, Kind, Rejected, Result};

/// Seconds since 1970-01-01T00:00:00Z; before it, below zero.
///
/// ```
/// use miyao::pki::Moment;
/// let moment = Moment::parse("2026-11-26T12:00:00Z")?;
/// assert_eq!(moment, Moment(1_795_694_400));
/// assert_eq!(moment.to_string(), "2026-11-26T12:00:00Z");
/// # Ok::<(), miyao::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub i64);

const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const DAY: i64 = 86_400;

impl Moment {
    /// The end of what never expires (RFC 5280 §4.1.2.5): 9999-12-31T23:59:59Z.
    pub const NO_END: Self = Self(253_402_300_799);
    /// The first moment that a GeneralizedTime can write.
    const FIRST: Self = Self(-62_167_219_200);

    /// A moment as RFC 3339 writes it in UTC, `2026-11-26T12:00:00Z`, or the beginning of a day, `2026-11-26`.
    ///
    /// # Errors
    /// [`Invalid`](Kind::Invalid) for any other text and for days that do not exist.
    pub fn parse(text: &str) -> Result<Self> {
        let refused = |Rejected| {
            Error::new(Kind::Invalid, "not a moment; write it as 2026-11-26 or 2026-11-26T12:00:00Z, in UTC")
        };
        let full = match text.len() {
            10 => format!("{text}T00:00:00Z"),
            _ => text.into(),
        };
        let bytes: &[u8; 20] = full.as_bytes().try_into().map_err(|_| refused(Rejected))?;
        let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'Z')];
        if marks.iter().any(|(at, mark)| bytes[*at] != *mark) {
            return Err(refused(Rejected));
        }
        let digits: Vec<u8> = bytes.iter().copied().filter(u8::is_ascii_digit).collect();
        Self::from_digits(&digits).map_err(refused)
    }

    /// So many days later.
    #[must_use]
    pub const fn plus_days(self, days: u32) -> Self {
        Self(self.0.saturating_add(days as i64 * DAY))
    }

    /// Reads the CHOICE `Time`. RFC 5280 has one form for each year; the other is read too, for it means the same.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Rejected> {
        if reader.tag() == Some(GENERALIZED_TIME) {
            let digits = reader.take(GENERALIZED_TIME)?.strip_suffix(b"Z").ok_or(Rejected)?;
            return Self::from_digits(digits);
        }
        let digits = reader.take(UTC_TIME)?.strip_suffix(b"Z").ok_or(Rejected)?;
        // RFC 5280 §4.1.2.5.1: 50 to 99 are of the last century.
        let century = if digits.first().is_some_and(|tens| *tens >= b'5') { b"19" } else { b"20" };
        Self::from_digits(&[century, digits].concat())
    }

    /// Writes the form that RFC 5280 §4.1.2.5 has for the year: UTCTime through 2049, then GeneralizedTime.
    pub(super) fn write(self) -> Result<Vec<u8>> {
        if !(Self::FIRST..=Self::NO_END).contains(&self) {
            return Err(Error::new(
                Kind::Invalid,
                "a certificate's time lies in the years 0 to 9999; choose another",
            ));
        }
        let (year, month, day) = civil(self.0.div_euclid(DAY));
        let second = self.0.rem_euclid(DAY);
        let rest =
            format!("{month:02}{day:02}{:02}{:02}{:02}Z", second / 3600, second / 60 % 60, second % 60);
        Ok(match year {
            1950..=2049 => element(UTC_TIME, &[format!("{:02}", year % 100).as_bytes(), rest.as_bytes()]),
            _ => element(GENERALIZED_TIME, &[format!("{year:04}").as_bytes(), rest.as_bytes()]),
        })
    }

    /// YYYYMMDDHHMMSS; a leap second is none of ours.
    fn from_digits(digits: &[u8]) -> Result<Self, Rejected> {
        let digits: &[u8; 14] = digits.try_into().map_err(|_| Rejected)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(Rejected);
        }
        let number = |from: usize, to: usize| {
            digits[from..to].iter().fold(0i64, |number, digit| number * 10 + i64::from(digit - b'0'))
        };
        let (year, month, day) = (number(0, 4), number(4, 6), number(6, 8));
        let (hour, minute, second) = (number(8, 10), number(10, 12), number(12, 14));
        let days = days(year, month, day);
        if hour > 23 || minute > 59 || second > 59 || civil(days) != (year, month, day) {
            return Err(Rejected);
        }
        Ok(Self(days * DAY + hour * 3600 + minute * 60 + second))
    }
}

/// Days since 1970-01-01. Years begin in March, so that the day that comes and goes is their last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year - 719_468
}

/// Year, month and day: the inverse of `days` where that date exists.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let (day, month) = (of_year - (153 * from_march + 2) / 5 + 1, (from_march + 2) % 12 + 1);
    (era * 400 + year + i64::from(month <= 2), month, day)
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((year, month, day), second) = (civil(self.0.div_euclid(DAY)), self.0.rem_euclid(DAY));
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn every_day_has_one_number_and_its_neighbours_follow() {
        let (mut expected, mut number) = ((0, 1, 1), days(0, 1, 1));
        assert_eq!(number * DAY, Moment::FIRST.0);
        while expected.0 < 10_000 {
            assert_eq!((civil(number), days(expected.0, expected.1, expected.2)), (expected, number));
            let (year, month, day) = expected;
            let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let last = [31, if is_leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
            expected = match (month, day == last[month as usize - 1]) {
                (12, true) => (year + 1, 1, 1),
                (_, true) => (year, month + 1, 1),
                (_, false) => (year, month, day + 1),
            };
            number += 1;
        }
        assert_eq!(number * DAY - 1, Moment::NO_END.0);
    }

    #[test]
    fn the_form_follows_the_year_and_both_are_read() {
        for (text, form) in [
            ("2049-12-31T23:59:59Z", &b"\x17\x0d491231235959Z"[..]),
            ("2050-01-01T00:00:00Z", b"\x18\x0f20500101000000Z"),
            ("1950-01-01T00:00:00Z", b"\x17\x0d500101000000Z"),
            ("1949-12-31T23:59:59Z", b"\x18\x0f19491231235959Z"),
            ("9999-12-31T23:59:59Z", b"\x18\x0f99991231235959Z"),
        ] {
            let moment = Moment::parse(text).unwrap();
            assert_eq!((moment.write().unwrap(), moment.to_string()), (form.to_vec(), text.into()));
            assert_eq!(Moment::read(&mut Reader::new(form)), Ok(moment));
        }
        let early = Moment::read(&mut Reader::new(b"\x18\x0f20260228000000Z")).unwrap();
        assert_eq!(early.to_string(), "2026-02-28T00:00:00Z");
        for outside in [Moment(Moment::NO_END.0 + 1), Moment(Moment::FIRST.0 - 1)] {
            assert_eq!(outside.write().unwrap_err().kind(), Kind::Invalid);
        }
    }

    #[test]
    fn other_forms_and_days_that_do_not_exist_are_refused() {
        for bad in [
            &b"\x17\x0b2602280000Z"[..],
            b"\x17\x0d260229000000Z",
            b"\x17\x0d261301000000Z",
            b"\x17\x0d260001000000Z",
            b"\x17\x0d260100000000Z",
            b"\x17\x0d260101240000Z",
            b"\x17\x0d260101006000Z",
            b"\x17\x0d260101000060Z",
            b"\x17\x0d26010100000+Z",
            b"\x17\x11260101000000+0800",
            b"\x18\x1120260101000000.5Z",
            b"\x18\x0d260101000000Z",
            b"\x18\x0e20260101000000",
            b"\x16\x0d260101000000Z",
            b"\x17\x00",
        ] {
            assert_eq!(Moment::read(&mut Reader::new(bad)), Err(Rejected), "{bad:x?}");
        }
        for bad in ["", "2026-02-29", "2026-1-01", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z", "年年年年"]
        {
            assert_eq!(Moment::parse(bad).unwrap_err().kind(), Kind::Invalid, "{bad}");
        }
    }
}
