//! How numbers, addresses and long names are written on the page.

use std::net::IpAddr;

/// `10.0.0.1:80`, `[fd00::1]:80`, or the bare address where there is no port.
pub fn socket(addr: IpAddr, port: Option<u16>) -> String {
    match (addr, port) {
        (addr, None) => addr.to_string(),
        (IpAddr::V4(addr), Some(port)) => format!("{addr}:{port}"),
        (IpAddr::V6(addr), Some(port)) => format!("[{addr}]:{port}"),
    }
}

/// A draw and its threshold, both in parts of 2^31, with as few digits as still show on which side
/// of the threshold the draw fell.
pub fn draw_and_threshold(drawn: u32, threshold: u32) -> (String, String) {
    let whole = f64::from(1u32 << 31);
    let (d, t) = (f64::from(drawn) / whole, f64::from(threshold) / whole);
    let below = drawn < threshold;
    let drawn_is_threshold = drawn == threshold;
    for digits in 2..=10usize {
        let number = format!("{d:.digits$}");
        let limit = short_fraction(t, digits.max(3));
        let (a, b): (f64, f64) = (number.parse().unwrap_or(d), limit.parse().unwrap_or(t));
        // 1.00 would be a number that no draw can be; two equal numbers would show no side.
        if (a < b) == below && a < 1.0 && (a != b || drawn_is_threshold) {
            return (number, limit);
        }
    }
    (format!("{d:.10}"), format!("{t:.10}"))
}

/// A fraction with at most so many digits and no trailing zeros: `0.5`, `0.333`.
pub fn short_fraction(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A name cut in its middle to at most `most` characters; the end of a pod's name is what tells it
/// from its siblings.
pub fn elide(name: &str, most: usize) -> String {
    let count = name.chars().count();
    if count <= most {
        return name.to_owned();
    }
    if most < 4 {
        return name.chars().take(most).collect();
    }
    // With little room the end alone says more.
    if most <= 7 {
        let end: String = name.chars().skip(count - (most - 1)).collect();
        return format!("…{end}");
    }
    let tail = (most - 2).min(5);
    let head = most - 1 - tail;
    let start: String = name.chars().take(head).collect();
    let end: String = name.chars().skip(count - tail).collect();
    format!("{start}…{end}")
}

/// How wide a text of 11 px is at most, in pixels: capitals are wider than small letters in every face.
pub fn label_width(text: &str) -> f64 {
    let width = |c: char| match c {
        'A'..='Z' => 8.0,
        ' ' | ':' | ',' | '.' | '-' | 'i' | 'l' => 4.2,
        'm' | 'w' => 9.0,
        _ => 6.8,
    };
    text.chars().map(width).sum()
}

/// `0x4000`, as iptables prints a mark.
pub fn mark(mark: u32) -> String {
    format!("{mark:#x}")
}

/// `1 rule`, `2 rules`.
pub fn count(n: usize, one: &str, many: &str) -> String {
    match n {
        1 => format!("1 {one}"),
        n => format!("{} {many}", thousands(n)),
    }
}

/// `12,345`
pub fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Several files, by name and text, as one text of several documents; one that begins without a separator
/// gets one, with the file's name beside it.
pub fn joined(files: &[(String, String)]) -> String {
    if let [(_, text)] = files {
        return text.clone();
    }
    let mut out = String::new();
    for (name, text) in files {
        if !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
        let name: String = name.chars().filter(|c| !c.is_control()).collect();
        out.push_str(&format!("--- # {name}\n"));
        let text = text.trim_start_matches('\u{feff}');
        out.push_str(text.strip_prefix("---\n").unwrap_or(text));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets() {
        let v4 = "10.0.0.1".parse().expect("an address");
        let v6 = "fd00::1".parse().expect("an address");
        assert_eq!(socket(v4, Some(80)), "10.0.0.1:80");
        assert_eq!(socket(v6, Some(80)), "[fd00::1]:80");
        assert_eq!(socket(v6, None), "fd00::1");
    }

    #[track_caller]
    fn draw(drawn: f64, threshold: f64) -> String {
        let part = |f: f64| (f * f64::from(1u32 << 31)) as u32;
        let (a, b) = draw_and_threshold(part(drawn), part(threshold));
        format!("{a} {b}")
    }

    #[test]
    fn a_draw_never_seems_to_be_on_the_wrong_side() {
        assert_eq!(draw(0.71, 1.0 / 3.0), "0.71 0.333");
        assert_eq!(draw(0.28, 0.5), "0.28 0.5");
        assert_eq!(draw(0.4999, 0.5), "0.4999 0.5");
        assert_eq!(draw(0.500001, 0.5), "0.500001 0.5");
        assert_eq!(draw(0.33332, 0.33334), "0.33 0.333");
        assert_eq!(draw(0.3334, 1.0 / 3.0), "0.3334 0.3333");
        assert_eq!(draw(0.9999, 0.5), "0.9999 0.5");
    }

    #[test]
    fn long_names_keep_their_end() {
        assert_eq!(elide("demo", 8), "demo");
        assert_eq!(elide("demo-7d9f8b6c5-x2x4z", 12), "demo-7…x2x4z");
        assert_eq!(elide("demo-7d9f8b6c5-x2x4z", 6), "…x2x4z");
        assert_eq!(elide("abcdef", 3), "abc");
    }

    #[test]
    fn counts() {
        assert_eq!(count(1, "rule", "rules"), "1 rule");
        assert_eq!(count(0, "rule", "rules"), "0 rules");
        assert_eq!(thousands(1234567), "1,234,567");
        assert_eq!(thousands(100), "100");
    }
}
