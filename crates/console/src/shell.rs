//! A line of a tutorial, cut into pipelines of words. Not a shell: what it does not know, it names.

use std::fmt;

/// How one pipeline is joined to the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    /// `;`, or the first: run in any case.
    Then,
    /// `&&`: only after success.
    And,
    /// `||`: only after failure.
    Or,
}

/// Where a command's error messages go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Errors {
    /// To the screen.
    #[default]
    Shown,
    /// `2>/dev/null`
    Dropped,
    /// `2>&1`: into the pipe.
    Piped,
}

/// One command of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Command {
    /// Its name and arguments, unquoted.
    pub words: Vec<String>,
    /// Where its errors go.
    pub errors: Errors,
    /// Whether its output is thrown away (`>/dev/null`).
    pub silent: Silent,
}

/// Whether a command's output is thrown away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Silent {
    /// It goes on.
    #[default]
    No,
    /// `>/dev/null`
    Yes,
}

/// Commands joined by `|`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    /// How it is joined to the one before.
    pub join: Join,
    /// At least one.
    pub commands: Vec<Command>,
}

/// Why a line could not be cut up, as a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misread(pub String);

impl fmt::Display for Misread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Pipe,
    Join(Join),
    Errors(Errors),
    Silent,
}

/// Cuts a line into pipelines. An empty line, or a comment, has none.
pub fn parse(line: &str) -> Result<Vec<Pipeline>, Misread> {
    let mut pipelines: Vec<Pipeline> = Vec::new();
    let mut commands: Vec<Command> = Vec::new();
    let mut command = Command::default();
    let mut join = Join::Then;
    let tokens = tokens(line)?;
    let last = tokens.len();
    for (index, token) in tokens.into_iter().enumerate() {
        match token {
            Token::Word(word) => command.words.push(word),
            Token::Errors(errors) => command.errors = errors,
            Token::Silent => command.silent = Silent::Yes,
            Token::Pipe if command.words.is_empty() => {
                return Err(Misread("there is no command before \"|\"".into()));
            }
            Token::Pipe => commands.push(std::mem::take(&mut command)),
            Token::Join(next) => {
                if command.words.is_empty() {
                    return Err(Misread(
                        "there is no command before \";\", \"&&\" or \"||\"".into(),
                    ));
                }
                commands.push(std::mem::take(&mut command));
                pipelines.push(Pipeline {
                    join,
                    commands: std::mem::take(&mut commands),
                });
                join = next;
                if index + 1 == last && next != Join::Then {
                    return Err(Misread("there is no command after \"&&\" or \"||\"".into()));
                }
            }
        }
    }
    match (command.words.is_empty(), commands.is_empty()) {
        (true, true) => {}
        (true, false) => return Err(Misread("there is no command after \"|\"".into())),
        (false, _) => {
            commands.push(command);
            pipelines.push(Pipeline { join, commands });
        }
    }
    Ok(pipelines)
}

fn tokens(line: &str) -> Result<Vec<Token>, Misread> {
    let mut out = Vec::new();
    let mut chars = line.chars().peekable();
    while let Some(&c) = chars.peek() {
        match c {
            c if c.is_whitespace() => {
                let _ = chars.next();
            }
            '#' => break,
            '|' | '&' => {
                chars.next();
                let double = chars.next_if_eq(&c).is_some();
                out.push(match (c, double) {
                    ('|', false) => Token::Pipe,
                    ('|', true) => Token::Join(Join::Or),
                    (_, true) => Token::Join(Join::And),
                    (_, false) => {
                        return Err(Misread(
                            "nothing runs in the background here; leave out \"&\"".into(),
                        ));
                    }
                });
            }
            ';' => {
                chars.next();
                out.push(Token::Join(Join::Then));
            }
            '<' => return Err(Misread(NO_FILES.into())),
            '>' => {
                chars.next();
                chars.next_if_eq(&'>');
                match word(&mut chars)?.as_str() {
                    "/dev/null" => out.push(Token::Silent),
                    _ => return Err(Misread(NO_FILES.into())),
                }
            }
            _ => {
                let text = word(&mut chars)?;
                match (text.as_str(), chars.peek()) {
                    ("2", Some('>')) => {
                        chars.next();
                        match chars.next_if_eq(&'&') {
                            Some(_) => {
                                word(&mut chars)?;
                                out.push(Token::Errors(Errors::Piped));
                            }
                            None => match word(&mut chars)?.as_str() {
                                "/dev/null" => out.push(Token::Errors(Errors::Dropped)),
                                _ => return Err(Misread(NO_FILES.into())),
                            },
                        }
                    }
                    _ => out.push(Token::Word(text)),
                }
            }
        }
    }
    Ok(out)
}

const NO_FILES: &str =
    "there are no files here; \"2>/dev/null\" and \"2>&1\" are the only redirections";

/// One word from here on: quotes joined, escapes taken away.
fn word(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<String, Misread> {
    while chars.next_if(|c| c.is_whitespace()).is_some() {}
    let mut out = String::new();
    while let Some(&c) = chars.peek() {
        match c {
            c if c.is_whitespace() => break,
            '|' | '&' | ';' | '<' | '>' => break,
            '\'' => {
                chars.next();
                loop {
                    match chars.next() {
                        Some('\'') => break,
                        Some(c) => out.push(c),
                        None => return Err(Misread("a ' is not closed".into())),
                    }
                }
            }
            '"' => {
                chars.next();
                loop {
                    match chars.next() {
                        Some('"') => break,
                        Some('\\') => match chars.next() {
                            Some(c @ ('"' | '\\' | '$' | '`')) => out.push(c),
                            Some(c) => {
                                out.push('\\');
                                out.push(c);
                            }
                            None => return Err(Misread("a \" is not closed".into())),
                        },
                        Some('$' | '`') => return Err(Misread(NO_VARIABLES.into())),
                        Some(c) => out.push(c),
                        None => return Err(Misread("a \" is not closed".into())),
                    }
                }
            }
            '\\' => {
                chars.next();
                out.extend(chars.next());
            }
            '$' | '`' => return Err(Misread(NO_VARIABLES.into())),
            c => {
                chars.next();
                out.push(c);
            }
        }
    }
    Ok(out)
}

const NO_VARIABLES: &str =
    "there are no variables and no command substitution here; write the value itself";

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<Vec<String>> {
        let pipelines = parse(line).expect("the line is well formed");
        let commands = pipelines.into_iter().flat_map(|p| p.commands);
        commands.map(|c| c.words).collect()
    }

    fn wrong(line: &str) -> String {
        parse(line).expect_err("the line is malformed").0
    }

    #[test]
    fn words_quotes_and_pipes() {
        assert_eq!(
            words(r#"sudo iptables -t nat -L "KUBE SERVICES" | grep -E 'a|b' | head -3 # first"#),
            [
                vec!["sudo", "iptables", "-t", "nat", "-L", "KUBE SERVICES"],
                vec!["grep", "-E", "a|b"],
                vec!["head", "-3"],
            ]
        );
        assert_eq!(words(r"a\ b 'c'd"), [["a b", "cd"]]);
        assert_eq!(words("  # nothing"), Vec::<Vec<String>>::new());
        assert_eq!(words(""), Vec::<Vec<String>>::new());
    }

    #[test]
    fn joins() {
        let joins = |line| {
            let read = parse(line).expect("the line is well formed");
            read.iter().map(|p| p.join).collect::<Vec<_>>()
        };
        assert_eq!(
            joins("a; b && c || d;"),
            [Join::Then, Join::Then, Join::And, Join::Or]
        );
    }

    #[test]
    fn redirections() {
        let errors =
            |line: &str| parse(line).expect("the line is well formed")[0].commands[0].errors;
        assert_eq!(errors("a 2>/dev/null"), Errors::Dropped);
        assert_eq!(errors("a 2> /dev/null"), Errors::Dropped);
        assert_eq!(errors("a 2>&1 | b"), Errors::Piped);
        assert_eq!(words("echo 2 > /dev/null"), [["echo", "2"]]);
        assert_eq!(wrong("a > out.txt"), NO_FILES);
        assert_eq!(wrong("a < in.txt"), NO_FILES);
    }

    #[test]
    fn what_is_no_shell_is_named() {
        assert_eq!(wrong("echo $HOME"), NO_VARIABLES);
        assert_eq!(wrong("echo \"$(date)\""), NO_VARIABLES);
        assert_eq!(words("echo '$HOME'"), [["echo", "$HOME"]]);
        for line in [
            "| a",
            "a |",
            "a && ",
            "a & b",
            "'a",
            "\"a",
            ";",
            "a || || b",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
