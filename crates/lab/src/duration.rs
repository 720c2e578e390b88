//! Lengths of time as people write them, for whoever lets time pass between packets.

/// `500ms`, `90s`, `11m`, `3h`, `2d`, in milliseconds; `None` for anything else, nothing at all included.
pub fn duration(word: &str) -> Option<u64> {
    let digits = word
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(word.len());
    let (number, unit) = word.split_at(digits);
    let unit = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn a_length_of_time_has_a_number_and_a_unit() {
        for (word, time) in [
            ("500ms", Some(500)),
            ("90s", Some(90_000)),
            ("2d", Some(172_800_000)),
            ("", None),
            ("5", None),
            ("s", None),
            ("-1s", None),
            ("1w", None),
            ("18446744073709551615d", None),
        ] {
            assert_eq!(duration(word), time, "{word}");
        }
    }
}
