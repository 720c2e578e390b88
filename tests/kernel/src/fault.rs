//! A fault on purpose, in the simulator's copy of the rules alone: a check that does not notice it
//! would be worth nothing.

use netfilter::Ruleset;

/// Takes the last rule out of every chain of that name, or whose name begins so (`KUBE-SEP`); in how
/// many chains there was one.
pub fn plant(ruleset: &mut Ruleset, chain: &str) -> usize {
    let mut planted = 0;
    let prefix = format!("{chain}-");
    for table in ruleset.tables.values_mut() {
        for found in &mut table.chains {
            let name = found.name.as_str();
            let meant = name == chain || name.starts_with(&prefix);
            planted += usize::from(meant && found.rules.pop().is_some());
        }
    }
    planted
}

#[cfg(test)]
mod tests {
    use super::*;
    use netfilter::Family;

    #[test]
    fn a_fault_takes_one_rule_of_each_chain_that_is_meant() {
        let text = "*nat\n:KUBE-SEP-A - [0:0]\n:KUBE-SEP-B - [0:0]\n:KUBE-SEPARATE - [0:0]\n-A KUBE-SEP-A -j ACCEPT\n-A KUBE-SEP-B -j ACCEPT\n-A KUBE-SEP-B -j RETURN\n-A KUBE-SEPARATE -j ACCEPT\nCOMMIT\n";
        let mut ruleset = Ruleset::parse(Family::Ipv4, text).unwrap();
        assert_eq!(plant(&mut ruleset, "KUBE-SEP"), 2);
        assert_eq!(ruleset.rules().count(), 2);
        assert_eq!(plant(&mut ruleset, "KUBE-SVC"), 0);
    }
}
