//! What a person reads: a disagreement as a small case that can be repeated, and a run's result.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::check::{Answer, Told};
use crate::generate::{Case, Question};

/// A disagreement: how to see it again, the cluster, the question and both answers.
pub fn disagreement(seed: u64, number: u64, case: &Case, at: usize, answer: &Answer) -> String {
    let mut out = format!(
        "The simulator and the kernel disagree. Again: \
         cargo xtask kernel --cases 1 --seed {seed} --first {number}\n\n\
         with the rules of kube-proxy {}\n\n{}\n",
        case.kube_proxy, case.yaml
    );
    let asked = case.questions.iter().take(at + 1);
    for (n, question) in asked.enumerate() {
        let which = if n == at {
            "here they differ"
        } else {
            "before"
        };
        let _ = writeln!(out, "question {}, {which}: {}", n + 1, words(question));
    }
    out.push_str(&difference(&answer.kernel, &answer.ours));
    for (who, told) in [
        ("the kernel", &answer.kernel),
        ("the simulator", &answer.ours),
    ] {
        let _ = writeln!(out, "\n--- {who}, all of it");
        out.push_str(&whole(told));
    }
    out
}

fn words(question: &Question) -> String {
    let mut out = format!("--from {} --to {}", question.from, question.to);
    if let Some(via) = &question.via {
        let _ = write!(out, " --via {via}");
    }
    if let Some(sport) = question.sport {
        let _ = write!(out, ", from port {sport}");
    }
    if question.remembers {
        out.push_str(", conntrack remembering what went before");
    }
    out
}

/// Where two answers first differ, in each of their parts.
fn difference(kernel: &Told, ours: &Told) -> String {
    let mut out = String::new();
    for key in both(&kernel.end, &ours.end) {
        let (k, o) = (kernel.end.get(key), ours.end.get(key));
        if k != o {
            let word = |word: Option<&String>| word.map_or("nothing", String::as_str).to_owned();
            let _ = writeln!(
                out,
                "{key}: the kernel {}, the simulator {}",
                word(k),
                word(o)
            );
        }
    }
    let none = Vec::new();
    for node in both(&kernel.packets, &ours.packets) {
        let of = |told: &Told| told.packets.get(node).cloned().unwrap_or_default();
        let (k, o) = (of(kernel), of(ours));
        let differs = |at: &usize| k.get(*at) != o.get(*at);
        let Some(at) = (0..k.len().max(o.len())).find(differs) else {
            continue;
        };
        let (k, o) = (k.get(at).unwrap_or(&none), o.get(at).unwrap_or(&none));
        let same = k.iter().zip(o).take_while(|(k, o)| k == o).count();
        let _ = writeln!(out, "{node}, packet {}, after {same} equal steps:", at + 1);
        for (who, steps) in [("kernel", k), ("simulator", o)] {
            let step = steps.get(same).map_or("nothing more", String::as_str);
            let _ = writeln!(out, "  {who:<10}{step}");
        }
    }
    for node in both(&kernel.conntrack, &ours.conntrack) {
        let of = |told: &Told| told.conntrack.get(node).cloned().unwrap_or_default();
        let (k, o) = (of(kernel), of(ours));
        for (who, mine, others) in [("kernel", &k, &o), ("simulator", &o, &k)] {
            for line in mine.iter().filter(|line| !others.contains(line)) {
                let _ = writeln!(out, "{node}, conntrack, only the {who}: {line}");
            }
        }
        if k.len() != o.len() {
            let _ = writeln!(
                out,
                "{node}, conntrack: {} entries and {}",
                k.len(),
                o.len()
            );
        }
    }
    out
}

fn both<'m, V>(
    a: &'m BTreeMap<impl AsRef<str> + Ord, V>,
    b: &'m BTreeMap<impl AsRef<str> + Ord, V>,
) -> BTreeSet<&'m str> {
    a.keys()
        .map(AsRef::as_ref)
        .chain(b.keys().map(AsRef::as_ref))
        .collect()
}

fn whole(told: &Told) -> String {
    let mut out = String::new();
    for (key, value) in &told.end {
        let _ = writeln!(out, "{key}: {value}");
    }
    for (node, packets) in &told.packets {
        for steps in packets {
            let _ = writeln!(out, "{node}: {}", steps.join("\n    "));
        }
    }
    for (node, lines) in &told.conntrack {
        for line in lines {
            let _ = writeln!(out, "{node}: {line}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_told_where_it_begins() {
        let told = |outcome: &str, step: &str| {
            let mut told = Told::default();
            told.end.insert("outcome", outcome.to_owned());
            let steps = vec!["NEW original".to_owned(), step.to_owned()];
            told.packets.insert("node1".to_owned(), vec![steps]);
            told
        };
        let text = difference(
            &told("reply", "nat/A#1 ACCEPT"),
            &told("timeout", "nat/A end"),
        );
        assert_eq!(
            text,
            "outcome: the kernel reply, the simulator timeout\n\
             node1, packet 1, after 1 equal steps:\n  \
             kernel    nat/A#1 ACCEPT\n  simulator nat/A end\n"
        );
        let same = told("reply", "nat/A#1 ACCEPT");
        assert_eq!(difference(&same, &same.clone()), "");
    }
}
