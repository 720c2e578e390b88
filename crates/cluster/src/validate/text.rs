//! The rules for names: k8s.io/apimachinery/pkg/util/validation, as of Kubernetes 1.36.
//!
//! Each gives what is wrong, in our words, one entry for each message of the API server's.

/// What is wrong with a text. Goes on after "it".
pub(super) type Wrongs = Vec<&'static str>;

const LABEL: &str =
    "must consist of lower case letters, digits and `-`, and begin and end with a letter or digit";
const SUBDOMAIN: &str = "must consist of lower case letters, digits, `-` and `.`, and every part must begin and end with a letter or digit";
const QUALIFIED: &str =
    "must consist of letters, digits, `-`, `_` and `.`, and begin and end with a letter or digit";

/// `[a-z0-9]([-a-z0-9]*[a-z0-9])?`
fn label_shape(text: &str) -> bool {
    let edge = |byte: Option<&u8>| {
        byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    let bytes = text.as_bytes();
    edge(bytes.first())
        && edge(bytes.last())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
}

fn subdomain_shape(text: &str) -> bool {
    text.split('.').all(label_shape)
}

/// `([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]`
fn qualified_shape(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// `IsDNS1123Label`
pub(super) fn dns_label(text: &str) -> Wrongs {
    let mut wrongs = Wrongs::new();
    if text.len() > 63 {
        wrongs.push("has more than 63 characters");
    }
    if !label_shape(text) {
        let dots = subdomain_shape(text);
        wrongs.push(if dots { "may not contain dots" } else { LABEL });
    }
    wrongs
}

/// `IsDNS1035Label`: a label that begins with a letter.
pub(super) fn dns_label_with_letter(text: &str) -> Wrongs {
    let mut wrongs = Wrongs::new();
    if text.len() > 63 {
        wrongs.push("has more than 63 characters");
    }
    if !label_shape(text) || text.starts_with(|first: char| first.is_ascii_digit()) {
        wrongs.push("must consist of lower case letters, digits and `-`, begin with a letter, and end with a letter or digit");
    }
    wrongs
}

/// `IsDNS1123Subdomain`
pub(super) fn dns_subdomain(text: &str) -> Wrongs {
    let mut wrongs = Wrongs::new();
    if text.len() > 253 {
        wrongs.push("has more than 253 characters");
    }
    if !subdomain_shape(text) {
        wrongs.push(SUBDOMAIN);
    }
    wrongs
}

/// `IsQualifiedName`: a label's key.
pub(super) fn qualified_name(text: &str) -> Wrongs {
    let mut wrongs = Wrongs::new();
    let mut parts = text.split('/');
    let (name, prefix) = match (parts.next(), parts.next(), parts.next()) {
        (Some(prefix), Some(name), None) => (name, Some(prefix)),
        (Some(name), None, _) => (name, None),
        _ => return vec!["may have one `/` at most"],
    };
    match prefix {
        Some("") => wrongs.push("has nothing before its `/`"),
        Some(prefix) => wrongs.extend(dns_subdomain(prefix)),
        None => {}
    }
    if name.is_empty() {
        wrongs.push("has an empty name part");
    } else if name.len() > 63 {
        wrongs.push("has a name part of more than 63 characters");
    }
    if !qualified_shape(name) {
        wrongs.push(QUALIFIED);
    }
    wrongs
}

/// `IsValidLabelValue`
pub(super) fn label_value(text: &str) -> Wrongs {
    let mut wrongs = Wrongs::new();
    if text.len() > 63 {
        wrongs.push("has more than 63 characters");
    }
    if !text.is_empty() && !qualified_shape(text) {
        wrongs.push(QUALIFIED);
    }
    wrongs
}

/// `IsValidPortName`
pub(super) fn port_name(text: &str) -> Wrongs {
    let mut wrongs = Wrongs::new();
    if text.len() > 15 {
        wrongs.push("has more than 15 characters");
    }
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if text.is_empty() || !text.bytes().all(allowed) {
        wrongs.push("may hold only lower case letters, digits and `-`");
    }
    if !text.bytes().any(|byte| byte.is_ascii_lowercase()) {
        wrongs.push("must hold a letter at least");
    }
    if text.contains("--") {
        wrongs.push("may not hold two `-` in a row");
    }
    if text.starts_with('-') || text.ends_with('-') {
        wrongs.push("may not begin or end with `-`");
    }
    wrongs
}

/// `IsValidPercent`
pub(super) fn percent(text: &str) -> Wrongs {
    let digits = text.strip_suffix('%').unwrap_or_default();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return vec!["is neither a number nor a percentage such as `25%`"];
    }
    Wrongs::new()
}

/// `IsRelaxedEnvVarName`
pub(super) fn env_name(text: &str) -> Wrongs {
    let fits = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'=';
    if text.is_empty() || !text.bytes().all(fits) {
        return vec!["may hold only printable ASCII characters other than `=`"];
    }
    Wrongs::new()
}

/// `maskTrailingDash`: what a prefix of a name is checked as.
pub(super) fn mask_trailing_dash(text: &str) -> String {
    match text.strip_suffix('-') {
        Some(rest) if text.len() > 1 => {
            let mut masked = rest.to_owned();
            masked.pop();
            masked.push('a');
            masked
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_their_rules() {
        type Rule = fn(&str) -> Wrongs;
        let counts: &[(Rule, &str, usize)] = &[
            (dns_label, "web", 0),
            (dns_label, "1web", 0),
            (dns_label, "a.b", 1),
            (dns_label, "", 1),
            (dns_label, "Web", 1),
            (dns_subdomain, "a.b-c.d", 0),
            (dns_subdomain, "a..b", 1),
            (qualified_name, "app", 0),
            (qualified_name, "example.com/app_1", 0),
            (qualified_name, "a/b/c", 1),
            (qualified_name, "", 2),
            (qualified_name, "/x", 1),
            (label_value, "", 0),
            (label_value, "-x", 1),
            (port_name, "http", 0),
            (port_name, "8080", 1),
            (port_name, "abcdefghijklmnop", 1),
            (port_name, "-A--", 4),
            (percent, "25%", 0),
            (percent, "25", 1),
            (env_name, "A.b-c", 0),
            (env_name, "A=b", 1),
        ];
        for (rule, text, count) in counts {
            assert_eq!(rule(text).len(), *count, "{text:?}: {:?}", rule(text));
        }
    }

    #[test]
    fn a_dash_at_the_end_of_a_prefix_is_masked() {
        assert_eq!(mask_trailing_dash("web-"), "wea");
        assert_eq!(mask_trailing_dash("-"), "-");
        assert_eq!(mask_trailing_dash("web"), "web");
    }
}
