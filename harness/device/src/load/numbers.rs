//! Numbers as people read them.

/// A number with its digits in groups of three.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// A rate with as many digits as say something.
pub fn format_rate(rate: f64) -> String {
    match rate {
        ..10.0 => format!("{rate:.2}"),
        10.0..1000.0 => format!("{rate:.1}"),
        _ => grouped(rate.round() as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_groups() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1 000"),
            (12_345_678, "12 345 678"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn rates_have_three_digits_or_all() {
        for (rate, text) in [(0.125, "0.12"), (12.34, "12.3"), (1234.4, "1 234")] {
            assert_eq!(format_rate(rate), text);
        }
    }
}
