//! A function's straight pieces: runs of instructions of which all are executed if the first is
//! (unless one of them traps). Their order is the same whenever the same module is read.

use std::ops::Range;

use walrus::LocalFunction;
use walrus::ir::{Instr, InstrSeqId};

/// A piece: a sequence of the function and where in it the piece stands. It ends with the
/// instruction that may leave it or that has sequences of its own.
pub type Segment = (InstrSeqId, Range<usize>);

/// All of a function's pieces, the outer sequences before what is in them.
pub fn segments(function: &LocalFunction) -> Vec<Segment> {
    let mut found = Vec::new();
    let mut to_read = vec![function.entry_block()];
    while let Some(id) = to_read.pop() {
        let mut start = 0;
        let seq = function.block(id);
        for (at, (instr, _)) in seq.instrs.iter().enumerate() {
            let inner = inner(instr);
            if !inner.is_empty() || matches!(instr, Instr::BrIf(_)) {
                found.push((id, start..at + 1));
                start = at + 1;
            }
            to_read.extend(inner);
        }
        if start < seq.instrs.len() {
            found.push((id, start..seq.instrs.len()));
        }
    }
    found
}

/// The sequences that are part of an instruction.
pub fn inner(instr: &Instr) -> Vec<InstrSeqId> {
    match instr {
        Instr::Block(block) => vec![block.seq],
        Instr::Loop(block) => vec![block.seq],
        Instr::IfElse(arms) => vec![arms.consequent, arms.alternative],
        _ => Vec::new(),
    }
}
