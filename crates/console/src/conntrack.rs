//! `conntrack` on a node: netfilter knows the tool; here its complaints get the way they are shown.

use fabric::Ns;
use lab::Memory;
use netfilter::conntrack::{ToolCommand, ToolError};

use crate::answer::Failed;

/// What a command printed.
pub struct Done {
    /// Standard output.
    pub out: String,
    /// What goes to standard error: the line that counts.
    pub summary: String,
    /// The exit status.
    pub status: u8,
}

/// Whether a command may take entries out.
pub fn changes(args: &[String]) -> bool {
    let words = ["-D", "--delete", "-F", "--flush"];
    args.iter().any(|a| words.contains(&a.as_str()))
}

/// Runs it.
pub fn run(memory: &mut Memory, ns: &Ns, args: &[String]) -> Result<Done, Failed> {
    let command = ToolCommand::parse(args).map_err(|error| {
        let help = match error {
            ToolError::Refused(_) => "",
            ToolError::Unmodelled(_) => "\n# conntrack -L comes closest.",
        };
        Failed::new(2, format!("{error}{help}"))
    })?;
    let done = memory.run_conntrack(ns, &command);
    Ok(Done {
        out: done.lines.iter().map(|line| format!("{line}\n")).collect(),
        summary: done.message.map_or(String::new(), |m| format!("{m}\n")),
        status: done.code,
    })
}
