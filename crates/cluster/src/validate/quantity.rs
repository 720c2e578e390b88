//! Quantities: `128Mi`, `0.5`, `2e3`. k8s.io/apimachinery/pkg/api/resource/quantity.go.

/// An amount in billionths, the finest that a quantity keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Quantity(i128);

impl Quantity {
    /// Reads one, as `ParseQuantity` does. What is too large stays at the largest.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let length = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let (number, suffix) = rest.split_at(length);
        let (before, after) = number.split_once('.').unwrap_or((number, ""));
        if (before.is_empty() && after.is_empty()) || after.contains('.') {
            return None;
        }
        let (base, exponent) = scale(suffix)?;
        let digits: String = before.chars().chain(after.chars()).take(60).collect();
        let digits = digits.trim_start_matches('0');
        let mut value: i128 = if digits.is_empty() {
            0
        } else {
            digits.parse().unwrap_or(i128::MAX)
        };
        let mut decimals = 9 - i32::try_from(after.len()).unwrap_or(i32::MAX / 2);
        if base == 10 {
            decimals = decimals.saturating_add(exponent);
        } else {
            for _ in 0..exponent {
                value = value.saturating_mul(1024);
            }
        }
        for _ in 0..decimals.clamp(0, 60) {
            value = value.saturating_mul(10);
        }
        // Finer than a billionth is rounded up.
        for _ in 0..(-decimals.clamp(-60, 0)) {
            value = value / 10 + i128::from(value % 10 != 0);
        }
        Some(Quantity(if negative { -value } else { value }))
    }

    /// Whether it is below zero.
    pub(super) fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Whether it is a whole number.
    pub(super) fn is_whole(self) -> bool {
        self.0 % 1_000_000_000 == 0
    }
}

/// Base and exponent of a suffix (resource/suffix.go).
fn scale(suffix: &str) -> Option<(u32, i32)> {
    let known = match suffix {
        "" => (10, 0),
        "n" => (10, -9),
        "u" => (10, -6),
        "m" => (10, -3),
        "k" => (10, 3),
        "M" => (10, 6),
        "G" => (10, 9),
        "T" => (10, 12),
        "P" => (10, 15),
        "E" => (10, 18),
        "Ki" => (1024, 1),
        "Mi" => (1024, 2),
        "Gi" => (1024, 3),
        "Ti" => (1024, 4),
        "Pi" => (1024, 5),
        "Ei" => (1024, 6),
        _ => {
            let exponent = suffix.strip_prefix(['e', 'E'])?;
            return Some((10, exponent.parse().ok().filter(|e: &i32| e.abs() < 1000)?));
        }
    };
    Some(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_compare() {
        let value = |text: &str| Quantity::parse(text);
        assert_eq!(value("1"), value("1000m"));
        assert_eq!(value("1Ki"), value("1024"));
        assert_eq!(value("0.5"), value(".5"));
        assert_eq!(value("2e3"), value("2k"));
        assert!(value("1Gi") > value("1G"));
        assert!(value("-1").is_some_and(Quantity::is_negative));
        assert!(value("1500m").is_some_and(|quantity| !quantity.is_whole()));
        for wrong in ["128 MB", "", "1.2.3", "abc", "1mm", "--1", "1 "] {
            assert_eq!(value(wrong), None, "{wrong}");
        }
        assert!(value("99999999999999999999999999999999999999999999999Ei").is_some());
    }
}
