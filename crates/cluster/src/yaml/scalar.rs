//! Which value a scalar stands for, by the rules of Go's YAML library (version 2), which kubectl uses.
//!
//! They are YAML 1.1's with exceptions: `on` and `y` are booleans, `017` and `0o17` are octal, `1:30`
//! stays a string. See `resolve` in go.yaml.in/yaml/v2 and `convertToJSONableObject` in sigs.k8s.io/yaml.

use super::node::{Float, Int, Value};

/// What a scalar stands for, before it is known whether it is a key or a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Int(Int),
    /// Any number that is not whole, or too large: also the infinities and NaN.
    Float(f64),
    Str(String),
}

/// A scalar that is no value in JSON.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Unusable {
    /// The text is not what its tag claims.
    Tag { claimed: &'static str },
    /// `!!binary` that is not base64.
    Base64,
    /// `.inf` or `.nan` as a value.
    NotFinite,
    /// `null` as a key.
    NullKey,
    /// A number above `i64::MAX` as a key.
    LargeKey,
}

/// The tags of YAML that change how a scalar is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    /// None was written.
    None,
    Str,
    Int,
    Float,
    Bool,
    Null,
    Binary,
    Timestamp,
    Merge,
    /// Anything else: the text is a string then.
    Other,
}

impl Tag {
    /// The tag of that full name.
    pub(super) fn of(handle: &str, suffix: &str) -> Self {
        if handle != "tag:yaml.org,2002:" {
            return Tag::Other;
        }
        match suffix {
            "str" => Tag::Str,
            "int" => Tag::Int,
            "float" => Tag::Float,
            "bool" => Tag::Bool,
            "null" => Tag::Null,
            "binary" => Tag::Binary,
            "timestamp" => Tag::Timestamp,
            "merge" => Tag::Merge,
            _ => Tag::Other,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Tag::None | Tag::Other => "!",
            Tag::Str => "!!str",
            Tag::Int => "!!int",
            Tag::Float => "!!float",
            Tag::Bool => "!!bool",
            Tag::Null => "!!null",
            Tag::Binary => "!!binary",
            Tag::Timestamp => "!!timestamp",
            Tag::Merge => "!!merge",
        }
    }
}

/// Reads a plain scalar, or one with a tag. (A quoted one without a tag is always a string.)
pub(super) fn resolve(tag: Tag, text: &str) -> Result<Scalar, Unusable> {
    match tag {
        Tag::Other | Tag::Str => return Ok(Scalar::Str(text.to_owned())),
        Tag::Binary => return binary(text),
        _ => {}
    }
    let scalar = plain(text);
    let fits = match (tag, &scalar) {
        (Tag::None, _)
        | (Tag::Int, Scalar::Int(_))
        | (Tag::Float, Scalar::Float(_))
        | (Tag::Bool, Scalar::Bool(_))
        | (Tag::Null, Scalar::Null) => true,
        // A signed whole number may pass for a float.
        (Tag::Float, Scalar::Int(Int::Signed(int))) => return Ok(Scalar::Float(*int as f64)),
        (Tag::Merge, Scalar::Str(text)) => text == "<<",
        // Go keeps the text of a timestamp, so that only its shape matters.
        (Tag::Timestamp, Scalar::Str(text)) => looks_like_timestamp(text),
        _ => false,
    };
    if fits {
        Ok(scalar)
    } else {
        Err(Unusable::Tag {
            claimed: tag.name(),
        })
    }
}

fn plain(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Scalar::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Scalar::Bool(false);
        }
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Scalar::Float(f64::INFINITY);
        }
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::Float(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => return Scalar::Float(f64::NAN),
        _ => {}
    }
    let number = match text.as_bytes()[0] {
        b'.' => leading_point(text),
        b'+' | b'-' | b'0'..=b'9' => number(&text.replace('_', "")),
        _ => None,
    };
    number.unwrap_or_else(|| Scalar::Str(text.to_owned()))
}

/// `.5`: `strconv.ParseFloat`, which takes `_` between digits only.
fn leading_point(text: &str) -> Option<Scalar> {
    let bytes = text.as_bytes();
    for (at, _) in text.match_indices('_') {
        let digit = |index: Option<usize>| {
            index
                .and_then(|index| bytes.get(index))
                .is_some_and(u8::is_ascii_digit)
        };
        if !digit(at.checked_sub(1)) || !digit(Some(at + 1)) {
            return None;
        }
    }
    decimal(&text.replace('_', ""))
}

/// `strconv.ParseInt(text, 0, 64)`, then `ParseUint`, then a float that looks like YAML's.
fn number(text: &str) -> Option<Scalar> {
    whole(text).or_else(|| decimal(text))
}

fn whole(text: &str) -> Option<Scalar> {
    let (negative, signed, digits) = match text.as_bytes()[0] {
        b'-' => (true, true, &text[1..]),
        b'+' => (false, true, &text[1..]),
        _ => (false, false, text),
    };
    let lower = digits.get(..2).map(str::to_ascii_lowercase);
    let (radix, digits) = match lower.as_deref() {
        Some("0x") => (16, &digits[2..]),
        Some("0b") => (2, &digits[2..]),
        Some("0o") => (8, &digits[2..]),
        _ if digits.len() > 1 && digits.starts_with('0') => (8, &digits[1..]),
        _ => (10, digits),
    };
    // Rust's own parser would take another sign here.
    if !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if negative {
        let value = 0i64.checked_sub_unsigned(magnitude)?;
        return Some(Scalar::Int(Int::Signed(value)));
    }
    match i64::try_from(magnitude) {
        Ok(value) => Some(Scalar::Int(Int::Signed(value))),
        // ParseUint takes no sign.
        Err(_) if signed => None,
        Err(_) => Some(Scalar::Int(Int::Unsigned(magnitude))),
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, and finite.
fn decimal(text: &str) -> Option<Scalar> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if !digits(before) || !digits(after) || (before.is_empty() && after.is_empty()) {
        return None;
    }
    if let Some(exponent) = exponent {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        if exponent.is_empty() || !digits(exponent) {
            return None;
        }
    }
    // Go's ParseFloat calls an overflow an error, and the scalar stays a string.
    text.parse::<f64>()
        .ok()
        .filter(|value| value.is_finite())
        .map(Scalar::Float)
}

/// `parseTimestamp` asks for four digits and a dash before it tries any of its layouts.
fn looks_like_timestamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() > 4 && bytes[..4].iter().all(u8::is_ascii_digit) && bytes[4] == b'-'
}

fn binary(text: &str) -> Result<Scalar, Unusable> {
    let compact: Vec<u8> = text
        .bytes()
        .filter(|byte| !matches!(byte, b'\r' | b'\n'))
        .collect();
    let bytes = data_encoding::BASE64
        .decode(&compact)
        .map_err(|_| Unusable::Base64)?;
    // Go's JSON encoder puts U+FFFD where a string is not UTF-8.
    Ok(Scalar::Str(String::from_utf8_lossy(&bytes).into_owned()))
}

impl Scalar {
    /// As a value.
    pub(super) fn into_value(self) -> Result<Value, Unusable> {
        Ok(match self {
            Scalar::Null => Value::Null,
            Scalar::Bool(flag) => Value::Bool(flag),
            Scalar::Int(int) => Value::Int(int),
            Scalar::Float(value) if !value.is_finite() => return Err(Unusable::NotFinite),
            Scalar::Float(value) => {
                let text = json_float(value).into();
                Value::Float(Float { value, text })
            }
            Scalar::Str(text) => Value::Str(text),
        })
    }

    /// As a key, which JSON wants to be a string.
    pub(super) fn into_key(self) -> Result<String, Unusable> {
        Ok(match self {
            Scalar::Null => return Err(Unusable::NullKey),
            Scalar::Bool(flag) => flag.to_string(),
            Scalar::Int(Int::Signed(int)) => int.to_string(),
            Scalar::Int(Int::Unsigned(_)) => return Err(Unusable::LargeKey),
            Scalar::Float(value) => key_float(value),
            Scalar::Str(text) => text,
        })
    }
}

/// As `encoding/json` writes a float64: `%f`, or `%e` below 1e-6 and from 1e21 on.
fn json_float(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{value:e}");
        match text.split_once("e-") {
            Some(_) => text,
            None => text.replace('e', "e+"),
        }
    } else {
        value.to_string()
    }
}

/// As `strconv.FormatFloat(value, 'g', -1, 32)`, with YAML's names for what is not finite.
fn key_float(value: f64) -> String {
    let value = value as f32;
    if value.is_nan() {
        return ".nan".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.into();
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    // strconv/ftoa.go: the shortest form takes %e below 1e-4 and from 1e6 on.
    if value != 0.0 && !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.abs());
    }
    value.to_string()
}
