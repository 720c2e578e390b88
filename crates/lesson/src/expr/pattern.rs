//! Rules by what they are for. A chain's name is a hash and a rule's number moves; its meaning stays.
//!
//! Which rules of a node a pattern means is for [`crate::meaning`].

use netfilter::TableName;

use super::scan::{Misread, Scan};

/// A rule or a chain, by meaning or by place.
#[derive(Debug, Clone, PartialEq)]
pub enum Pattern {
    /// Of a Service.
    Meant {
        /// Which of its chains.
        chain: Of,
        /// Which rule in it; all of the chain where none is named.
        part: Option<Part>,
        /// `NAMESPACE/NAME` or `NAMESPACE/NAME:PORT`; the lesson's Service where none is named.
        service: Option<String>,
    },
    /// `nat/KUBE-POSTROUTING#3`
    Placed(Place),
}

/// A rule's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The table.
    pub table: TableName,
    /// The chain.
    pub chain: String,
    /// The rule's number from 1; all of the chain where none is named.
    pub number: Option<usize>,
}

/// A chain of a Service.
#[derive(Debug, Clone, PartialEq)]
pub enum Of {
    /// `KUBE-SVC-…`: any endpoint.
    Svc,
    /// `KUBE-SVL-…`: endpoints of this node.
    Svl,
    /// `KUBE-EXT-…`: from outside.
    Ext,
    /// `KUBE-FW-…`: the load balancer's source ranges.
    Fw,
    /// `KUBE-XLB-…`: what EXT and SVL were up to v1.23.
    Xlb,
    /// `KUBE-SEP-…`: one endpoint, by its address or a name for it; any where none is named.
    Sep(Option<String>),
}

/// A rule of such a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// In SVC: what marks traffic that does not come from a pod.
    Masq,
    /// In SVC: the rule that leads a known client back, from 1.
    Sticky(usize),
    /// In SVC and SVL: the rule that picks an endpoint, from 1.
    Pick(usize),
    /// In EXT: what marks traffic from outside.
    Mark,
    /// In SEP: what marks a pod's call to itself.
    Hairpin,
    /// In SEP: what rewrites the destination.
    Dnat,
}

const CHAINS: &str = "There are SVC, SVL, EXT, FW, XLB and SEP(ADDRESS), or TABLE/CHAIN#NUMBER.";
const PARTS: &str =
    "There are SVC.masq, SVC.sticky(N), SVC.pick(N), EXT.mark, SEP.hairpin and SEP.dnat.";

/// Reads a pattern where one comes next.
pub fn pattern(scan: &mut Scan<'_>) -> Result<Option<Pattern>, Misread> {
    if let Some(place) = place(scan)? {
        return Ok(Some(Pattern::Placed(place)));
    }
    let chain = match scan.peek_word() {
        "SVC" => Of::Svc,
        "SVL" => Of::Svl,
        "EXT" => Of::Ext,
        "FW" => Of::Fw,
        "XLB" => Of::Xlb,
        "SEP" => Of::Sep(None),
        _ => return Ok(None),
    };
    scan.word();
    let chain = match chain {
        Of::Sep(_) if scan.eat_close("(") => {
            let whose = scan.closed()?;
            Of::Sep((whose != "any").then(|| whose.to_owned()))
        }
        other => other,
    };
    let part = match scan.eat_close(".") {
        true => Some(part(scan, &chain)?),
        false => None,
    };
    let mut service = None;
    if scan.eat_word("of") {
        let name = scan.run(|c| c.is_ascii_alphanumeric() || "-_./:".contains(c));
        if !name.contains('/') {
            return Err(scan.wrong("\"of\" names no Service.", "Write of NAMESPACE/NAME."));
        }
        service = Some(name.to_owned());
    }
    Ok(Some(Pattern::Meant {
        chain,
        part,
        service,
    }))
}

fn part(scan: &mut Scan<'_>, chain: &Of) -> Result<Part, Misread> {
    let word = scan.word().unwrap_or_default();
    let number = match scan.eat_close("(") {
        true => Some(scan.closed()?.parse::<usize>().ok().filter(|n| *n > 0)),
        false => None,
    };
    let picks = matches!(chain, Of::Svc | Of::Svl | Of::Xlb);
    match (word, number) {
        ("masq", None) if picks => Ok(Part::Masq),
        ("sticky", None) if picks => Ok(Part::Sticky(1)),
        ("sticky", Some(Some(n))) if picks => Ok(Part::Sticky(n)),
        ("pick", Some(Some(n))) if picks => Ok(Part::Pick(n)),
        ("mark", None) if matches!(chain, Of::Ext) => Ok(Part::Mark),
        ("hairpin", None) if matches!(chain, Of::Sep(_)) => Ok(Part::Hairpin),
        ("dnat", None) if matches!(chain, Of::Sep(_)) => Ok(Part::Dnat),
        _ => Err(scan.wrong(format!("No rule is called \"{word}\" there."), PARTS)),
    }
}

/// `nat/KUBE-POSTROUTING#3`
fn place(scan: &mut Scan<'_>) -> Result<Option<Place>, Misread> {
    let rest = scan.rest();
    let tables = [
        ("raw/", TableName::Raw),
        ("mangle/", TableName::Mangle),
        ("nat/", TableName::Nat),
        ("filter/", TableName::Filter),
        ("security/", TableName::Security),
    ];
    let Some((prefix, table)) = tables.into_iter().find(|(p, _)| rest.starts_with(p)) else {
        return Ok(None);
    };
    scan.pass(prefix.len());
    let chain = scan.run(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if chain.is_empty() {
        return Err(scan.wrong("A table's name without a chain.", CHAINS));
    }
    let number = match scan.eat_close("#") {
        true => match scan.run(|c| c.is_ascii_digit()).parse() {
            Ok(number) if number > 0 => Some(number),
            _ => return Err(scan.wrong("# without a number.", "Rules are counted from 1.")),
        },
        false => None,
    };
    Ok(Some(Place {
        table,
        chain: chain.to_owned(),
        number,
    }))
}
