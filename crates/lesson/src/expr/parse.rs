//! Reads an expression, from the loosest word (`or`) to the tightest (a name with its parts).

use super::pattern::pattern;
use super::scan::{Misread, Scan};
use super::{Expr, Op, Probe, Quantity};

/// The longest expression, in bytes.
const LONGEST: usize = 2000;
/// How deep parentheses may stand in one another.
const DEEPEST: usize = 24;

const EXPECTED: &str = "Write a number, an address, a name, a walk such as walk(client -> vip), or a rule such as SVC.pick(1).";

/// Reads a whole expression.
///
/// # Errors
/// Where it could not be read, and why.
pub fn parse(text: &str) -> Result<Expr, Misread> {
    let mut scan = Scan::new(text);
    if text.len() > LONGEST {
        return Err(scan.wrong(
            "The condition is too long.",
            format!("Keep it under {LONGEST} characters, or make several of it."),
        ));
    }
    let expr = Parser {
        scan: &mut scan,
        depth: 0,
    }
    .any()?;
    match scan.is_done() {
        true => Ok(expr),
        false => {
            let rest: String = scan.rest().chars().take(20).collect();
            Err(scan.wrong(
                format!("\"{rest}\" cannot stand there."),
                "Join conditions with and, or; compare with =, !=, <, <=, >, >=, has, lacks.",
            ))
        }
    }
}

struct Parser<'s, 't> {
    scan: &'s mut Scan<'t>,
    depth: usize,
}

type Read = Result<Expr, Misread>;

fn two(op: Op, left: Expr, right: Expr) -> Expr {
    Expr::Two(op, Box::new(left), Box::new(right))
}

impl Parser<'_, '_> {
    fn any(&mut self) -> Read {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self
                .scan
                .wrong("Too many parentheses.", "Make several conditions of it."));
        }
        let mut left = self.all()?;
        while self.scan.eat_word("or") {
            left = two(Op::Or, left, self.all()?);
        }
        self.depth -= 1;
        Ok(left)
    }

    fn all(&mut self) -> Read {
        let mut left = self.one()?;
        while self.scan.eat_word("and") {
            left = two(Op::And, left, self.one()?);
        }
        Ok(left)
    }

    fn one(&mut self) -> Read {
        if self.scan.peek_word() == "not" {
            let mut times = 0;
            while self.scan.eat_word("not") {
                times += 1;
            }
            let inner = self.compared()?;
            return Ok(match times % 2 {
                1 => Expr::Not(Box::new(inner)),
                _ => inner,
            });
        }
        if self.scan.eat_word("for") {
            return self.quantified();
        }
        self.compared()
    }

    fn quantified(&mut self) -> Read {
        let quantity = match self.scan.word() {
            Some("each") => Quantity::Each,
            Some("some") => Quantity::Some,
            _ => {
                let help = "Write for each n in nodes: …, or for some h in history: …";
                return Err(self.scan.wrong("\"for\" needs each or some.", help));
            }
        };
        let name = self.scan.word().unwrap_or_default().to_owned();
        if name.is_empty() || !self.scan.eat_word("in") {
            let help = "Write for each n in nodes: …";
            return Err(self.scan.wrong("A name and \"in\" must come here.", help));
        }
        let list = self.sum()?;
        if !self.scan.eat(":") {
            return Err(self
                .scan
                .wrong("A : must come here.", "Write for each n in nodes: …"));
        }
        let body = self.any()?;
        Ok(Expr::For(quantity, name, Box::new(list), Box::new(body)))
    }

    fn compared(&mut self) -> Read {
        let left = self.sum()?;
        if self.scan.eat_word("between") {
            let low = self.sum()?;
            if !self.scan.eat_word("and") {
                return Err(self
                    .scan
                    .wrong("\"between\" needs two ends.", "Write between 2 and 5."));
            }
            let high = self.sum()?;
            return Ok(Expr::Between(Box::new(left), Box::new(low), Box::new(high)));
        }
        let signs = [
            ("!=", Op::Unequal),
            ("\u{2260}", Op::Unequal),
            ("<=", Op::AtMost),
            ("\u{2264}", Op::AtMost),
            (">=", Op::AtLeast),
            ("\u{2265}", Op::AtLeast),
            ("==", Op::Equal),
            ("=", Op::Equal),
            ("<", Op::Less),
            (">", Op::More),
        ];
        for (sign, op) in signs {
            if self.scan.eat(sign) {
                return Ok(two(op, left, self.sum()?));
            }
        }
        for (word, op) in [("has", Op::Has), ("lacks", Op::Lacks)] {
            if self.scan.eat_word(word) {
                return Ok(two(op, left, self.sum()?));
            }
        }
        Ok(left)
    }

    fn sum(&mut self) -> Read {
        let mut left = self.product()?;
        loop {
            let op = match () {
                () if self.scan.rest().starts_with("->") => return Ok(left),
                () if self.scan.eat("+") => Op::Plus,
                () if self.scan.eat("-") => Op::Minus,
                () => return Ok(left),
            };
            left = two(op, left, self.product()?);
        }
    }

    fn product(&mut self) -> Read {
        let mut left = self.part()?;
        loop {
            let op = match () {
                () if self.scan.eat("*") => Op::Times,
                () if self.scan.eat("/") => Op::Over,
                () => return Ok(left),
            };
            left = two(op, left, self.part()?);
        }
    }

    /// A value and what is asked of it: `w.draw(1).hit`.
    fn part(&mut self) -> Read {
        let mut value = self.value()?;
        while self.scan.eat_close(".") {
            let Some(name) = self.scan.word() else {
                return Err(self
                    .scan
                    .wrong("A name must come behind the point.", "Such as w.outcome."));
            };
            let args = match self.scan.eat_close("(") {
                true => self.list(")")?,
                false => Vec::new(),
            };
            value = Expr::Of(Box::new(value), name.to_owned(), args);
        }
        Ok(value)
    }

    /// Expressions between commas, up to the sign that closes them.
    fn list(&mut self, close: &str) -> Result<Vec<Expr>, Misread> {
        let mut items = Vec::new();
        if self.scan.eat(close) {
            return Ok(items);
        }
        loop {
            items.push(self.any()?);
            if self.scan.eat(close) {
                return Ok(items);
            }
            if !self.scan.eat(",") {
                let message = format!("A , or {close} must come here.");
                return Err(self.scan.wrong(message, "Close what was opened."));
            }
        }
    }

    fn value(&mut self) -> Read {
        let rest = self.scan.rest();
        let Some(first) = rest.chars().next() else {
            return Err(self.scan.wrong("The condition ends too early.", EXPECTED));
        };
        match first {
            '(' => {
                self.scan.pass(1);
                let inner = self.any()?;
                match self.scan.eat(")") {
                    true => Ok(inner),
                    false => Err(self
                        .scan
                        .wrong("A ) must come here.", "Close what was opened.")),
                }
            }
            '[' => {
                self.scan.pass(1);
                Ok(Expr::List(self.list("]")?))
            }
            '"' => match rest[1..].find('"') {
                Some(end) => {
                    self.scan.pass(end + 2);
                    Ok(Expr::Text(rest[1..=end].to_owned()))
                }
                None => Err(self
                    .scan
                    .wrong("The quotes are not closed.", "Put a \" behind the words.")),
            },
            _ if address(rest).is_some() => {
                let (addr, length) = address(rest).expect("it was found a line above");
                self.scan.pass(length);
                Ok(Expr::Addr(addr))
            }
            '0'..='9' => self.number(),
            _ => self.named(),
        }
    }

    fn number(&mut self) -> Read {
        let digits = self
            .scan
            .run(|c| c.is_ascii_digit() || c == '.' || c == '_');
        let Ok(number) = digits.replace('_', "").parse::<f64>() else {
            return Err(self
                .scan
                .wrong(format!("\"{digits}\" is no number."), "Write 0.5 or 1/3."));
        };
        Ok(Expr::Number(match self.scan.eat("%") {
            true => number / 100.0,
            false => number,
        }))
    }

    fn named(&mut self) -> Read {
        if let Some(pattern) = pattern(self.scan)? {
            return Ok(Expr::Rule(Box::new(pattern)));
        }
        let Some(word) = self.scan.word() else {
            let sign: String = self.scan.rest().chars().take(1).collect();
            return Err(self
                .scan
                .wrong(format!("\"{sign}\" cannot stand there."), EXPECTED));
        };
        let probe = match word {
            "walk" => Some(Probe::Walk),
            "odds" => Some(Probe::Odds),
            "many" => Some(Probe::Many),
            _ => None,
        };
        match probe {
            Some(probe) if self.scan.eat_close("(") => {
                Ok(Expr::Probe(probe, self.scan.closed()?.to_owned()))
            }
            _ if self.scan.eat_close("(") => Ok(Expr::Call(word.to_owned(), self.list(")")?)),
            _ => Ok(Expr::Name(word.to_owned())),
        }
    }
}

/// An address at the beginning of a text, and its length.
fn address(text: &str) -> Option<(std::net::IpAddr, usize)> {
    let run = |is_part: fn(char) -> bool| {
        let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
        text[..end].trim_end_matches(['.', ':'])
    };
    let four = run(|c| c.is_ascii_digit() || c == '.');
    let six = run(|c| c.is_ascii_hexdigit() || c == ':' || c == '.');
    [six, four]
        .into_iter()
        .find_map(|word| Some((word.parse().ok()?, word.len())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[track_caller]
    fn fails(text: &str, expected: Expect) {
        let said = match parse(text) {
            Err(misread) => format!("{}: {misread}", misread.at),
            Ok(expr) => format!("{expr:?}"),
        };
        expected.assert_eq(&said);
    }

    #[test]
    fn everything_of_the_course_reads() {
        for text in [
            "holders(vip) = none",
            "outcome = reply and first_packet(node1) has SEP(any).dnat",
            "w.draw(1).hit = no and w.draw(2).hit = no and w.answered_by = p3",
            "odds(client -> vip).answered_by(p2) = 1/3",
            "odds(client -> 10.43.169.48:8711/udp via node1).outcome(timeout) = 8/27",
            "rules(node1, SVC.pick(1)).probability = 0.20000000019",
            "rules(node1, SVC.pick(1) of demo/web:http).to = \"10.42.1.16:8080\"",
            "many(1000 client -> vip).least >= 150",
            "for each n in nodes: walk(outside -> n:30080).outcome = reply",
            "for some h in history: h.source_seen != h.sender",
            "w.tried(nat) = 0 or not w.outcome = timeout",
            "m between 280 and 390",
            "first_packet(node1) lacks nat/KUBE-SERVICES#2",
            "10.42.1.50 = source and fd00::1 != source",
            "(1 + 2) * 3 / 4 - 5 <= 33 %",
            "w.decided_by = icmp-unreach-code3",
        ] {
            assert!(parse(text).is_ok(), "{text}: {:?}", parse(text));
        }
    }

    #[test]
    fn precedence() {
        assert_eq!(
            parse("a = b and c = d or e").ok(),
            parse("((a = b) and (c = d)) or e").ok()
        );
        assert_eq!(parse("1 + 2 * 3 = 7").ok(), parse("(1 + (2 * 3)) = 7").ok());
    }

    #[test]
    fn faults_say_where_and_what_to_do() {
        fails(
            "",
            expect![
                "0: The condition ends too early. Write a number, an address, a name, a walk such as walk(client -> vip), or a rule such as SVC.pick(1)."
            ],
        );
        fails(
            "a = ",
            expect![
                "4: The condition ends too early. Write a number, an address, a name, a walk such as walk(client -> vip), or a rule such as SVC.pick(1)."
            ],
        );
        fails(
            "walk(client -> vip",
            expect!["5: A parenthesis is not closed. Put a ) behind what belongs together."],
        );
        fails(
            "SVC.pik(2)",
            expect![[
                r#"10: No rule is called "pik" there. There are SVC.masq, SVC.sticky(N), SVC.pick(N), EXT.mark, SEP.hairpin and SEP.dnat."#
            ]],
        );
        fails(
            "a b",
            expect![[
                r#"2: "b" cannot stand there. Join conditions with and, or; compare with =, !=, <, <=, >, >=, has, lacks."#
            ]],
        );
        fails(
            "for all n in x: y",
            expect![[
                r#"7: "for" needs each or some. Write for each n in nodes: …, or for some h in history: …"#
            ]],
        );
        fails(
            "\"open",
            expect![[r#"0: The quotes are not closed. Put a " behind the words."#]],
        );
    }

    #[test]
    fn nothing_is_too_deep() {
        for text in [
            "(".repeat(1000),
            "not ".repeat(400),
            "[".repeat(1900),
            "a.".repeat(900),
        ] {
            assert!(parse(&text).is_err());
        }
        let long = format!("a{}", " = a and a".repeat(180));
        assert!(parse(&long).is_ok(), "{:?}", parse(&long));
    }
}
