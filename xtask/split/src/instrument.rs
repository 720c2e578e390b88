//! A copy of the module that notes which of its pieces ran, a byte for each, in a memory of its
//! own. Reading that memory is the importer's business.

use std::collections::BTreeMap;

use walrus::ir::{Const, Instr, MemArg, Store, StoreKind, Value};
use walrus::{FunctionId, Module};

use crate::names;
use crate::segments::segments;

/// The memory's name among the exports.
const SEEN: &str = "$seen";

/// Adds the notes. The answer has a line for each function, in the order of the bytes: how many
/// are its own, and its name.
pub fn instrument(module: &mut Module) -> Vec<String> {
    let ids: Vec<FunctionId> = module.funcs.iter_local().map(|(id, _)| id).collect();
    let memory = module.memories.add_local(false, false, 1, None, None);
    module.exports.add(SEEN, memory);
    let mut lines = Vec::new();
    let mut next = 0_u32;
    for id in ids {
        let name = names::plain(module.funcs.get(id).name.as_deref().unwrap_or(""));
        let function = module.funcs.get_mut(id).kind.unwrap_local_mut();
        let found = segments(function);
        lines.push(format!("{} {name}", found.len()));
        let mut places: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (seq, range) in found {
            places.entry(seq).or_default().push((range.start, next));
            next += 1;
        }
        for (seq, places) in places {
            // From the end, so that what is added moves nothing that is still to be found.
            for (at, number) in places.into_iter().rev() {
                let note: [Instr; 3] = [
                    constant(number),
                    constant(1),
                    Store {
                        memory,
                        kind: StoreKind::I32_8 { atomic: false },
                        arg: MemArg {
                            align: 1,
                            offset: 0,
                        },
                    }
                    .into(),
                ];
                let added = note.into_iter().map(|instr| (instr, Default::default()));
                function.block_mut(seq).instrs.splice(at..at, added);
            }
        }
    }
    module.memories.get_mut(memory).initial = u64::from(next) / 0x1_0000 + 1;
    lines
}

fn constant(number: u32) -> Instr {
    Const {
        value: Value::I32(number.cast_signed()),
    }
    .into()
}
