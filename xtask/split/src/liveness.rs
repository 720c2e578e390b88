//! Which locals are still to be read, at chosen places of a function: backward over its sequences.

use std::collections::{BTreeMap, BTreeSet};

use walrus::ir::{Instr, InstrSeqId};
use walrus::{LocalFunction, LocalId};

/// Locals, by id.
pub type Live = BTreeSet<LocalId>;

/// What is live where.
#[derive(Default)]
pub struct Liveness {
    /// Before the instruction at a place; the end of a sequence is a place too.
    at: BTreeMap<(InstrSeqId, usize), Live>,
    /// Where a branch to a sequence's label goes on.
    labels: BTreeMap<InstrSeqId, Live>,
}

impl Liveness {
    /// Reads a function; `places` are what will be asked for.
    pub fn of(function: &LocalFunction, places: &BTreeSet<(InstrSeqId, usize)>) -> Liveness {
        let mut liveness = Liveness::default();
        let entry = function.entry_block();
        liveness.labels.insert(entry, Live::new());
        liveness.sequence(function, places, entry, Live::new());
        liveness
    }

    /// Before a place.
    pub fn before(&self, seq: InstrSeqId, at: usize) -> Live {
        self.at.get(&(seq, at)).cloned().unwrap_or_default()
    }

    /// Where a branch to this label goes on.
    pub fn label(&self, seq: InstrSeqId) -> Live {
        self.labels.get(&seq).cloned().unwrap_or_default()
    }

    fn sequence(
        &mut self,
        function: &LocalFunction,
        places: &BTreeSet<(InstrSeqId, usize)>,
        seq: InstrSeqId,
        mut live: Live,
    ) -> Live {
        let instrs = &function.block(seq).instrs;
        let note = |at: usize, live: &Live, this: &mut Liveness| {
            if places.contains(&(seq, at)) {
                this.at.insert((seq, at), live.clone());
            }
        };
        note(instrs.len(), &live, self);
        for (at, (instr, _)) in instrs.iter().enumerate().rev() {
            match instr {
                Instr::LocalGet(get) => _ = live.insert(get.local),
                Instr::LocalSet(set) => _ = live.remove(&set.local),
                Instr::LocalTee(tee) => _ = live.remove(&tee.local),
                Instr::Block(block) => {
                    self.labels.insert(block.seq, live.clone());
                    live = self.sequence(function, places, block.seq, live);
                }
                Instr::Loop(block) => {
                    // What an earlier, smaller answer said is still true, so it is where to begin.
                    loop {
                        let known = self.label(block.seq);
                        let mut start = self.sequence(function, places, block.seq, live.clone());
                        start.extend(known.iter().copied());
                        let done = start == known;
                        self.labels.insert(block.seq, start);
                        if done {
                            break;
                        }
                    }
                    live = self.label(block.seq);
                }
                Instr::IfElse(arms) => {
                    self.labels.insert(arms.consequent, live.clone());
                    self.labels.insert(arms.alternative, live.clone());
                    let other = self.sequence(function, places, arms.alternative, live.clone());
                    live = self.sequence(function, places, arms.consequent, live);
                    live.extend(other);
                }
                Instr::Br(br) => live = self.label(br.block),
                Instr::BrIf(br) => live.extend(self.label(br.block)),
                Instr::BrTable(table) => {
                    live = self.label(table.default);
                    for target in &table.blocks {
                        live.extend(self.label(*target));
                    }
                }
                Instr::Return(_) | Instr::Unreachable(_) => live.clear(),
                _ => {}
            }
            note(at, &live, self);
        }
        live
    }
}
