//! A function's name as the list of the first view has it: without what differs from build to build.

/// The name without crate disambiguators (`core[1f…]`), legacy hashes (`::h0123456789abcdef`), and
/// the suffixes by which LLVM and the glue's maker tell copies apart (`.llvm.1`, `[1]`). Functions
/// that come out alike are kept or deferred together.
pub fn plain(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(open) = rest.find('[') {
        let (before, inner) = rest.split_at(open);
        out.push_str(before);
        // An array or slice type in a generic's name has more in it than hex digits.
        let hash = inner
            .find(']')
            .filter(|close| *close > 1 && inner[1..*close].chars().all(|c| c.is_ascii_hexdigit()));
        rest = match hash {
            Some(close) => &inner[close + 1..],
            None => {
                out.push('[');
                &inner[1..]
            }
        };
    }
    out.push_str(rest);
    if let Some(at) = out.find(".llvm.") {
        out.truncate(at);
    }
    if let Some(at) = out.rfind("::h")
        && out.len() == at + 19
        && out[at + 3..].chars().all(|c| c.is_ascii_hexdigit())
    {
        out.truncate(at);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn what_differs_between_builds_is_gone() {
        for (name, expected) in [
            ("lab[59b13fa235447ba6]::load", "lab::load"),
            ("core::fmt::write::h0123456789abcdef", "core::fmt::write"),
            ("<str>::parse::<u64>[1]", "<str>::parse::<u64>"),
            ("a::b.llvm.123", "a::b"),
            ("sort::<[u8]>", "sort::<[u8]>"),
            ("f::<[core[1f]::x; 3]>", "f::<[core::x; 3]>"),
            ("odd[", "odd["),
            ("", ""),
        ] {
            assert_eq!(plain(name), expected, "{name}");
        }
    }
}
