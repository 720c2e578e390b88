//! Moves what the first view doesn't run out of the functions that it does run, each piece into a
//! function of its own, which can then be deferred like any other.
//!
//! A piece gets the locals it reads as parameters and gives back those it may have written that are
//! still to be read. Where it could leave by more than one way, it says by a number which it took.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use walrus::ir::{
    BinaryOp, Block, Br, BrIf, BrTable, Instr, InstrSeqId, InstrSeqType, LocalGet, LocalSet,
    LocalTee, Loop, Value,
};
use walrus::{FunctionBuilder, FunctionId, LocalFunction, LocalId, Module, ValType};

use crate::liveness::{Live, Liveness};
use crate::names;
use crate::segments::{inner, segments};
use crate::view::View;

/// Fewer instructions than this weigh no more than a call with its arguments.
const SMALLEST: usize = 12;

/// Moves every piece that is worth it.
pub fn outline(module: &mut Module, view: &View) {
    let ids: Vec<FunctionId> = module.funcs.iter_local().map(|(id, _)| id).collect();
    for id in ids {
        let name = names::plain(module.funcs.get(id).name.as_deref().unwrap_or(""));
        let function = module.funcs.get(id).kind.unwrap_local();
        let found = segments(function);
        let Some(seen) = view.seen(&name, found.len()) else {
            continue;
        };
        let mut pieces: BTreeMap<InstrSeqId, Vec<(Range<usize>, bool)>> = BTreeMap::new();
        for (number, (seq, range)) in found.into_iter().enumerate() {
            let run = seen.contains(&number);
            pieces.entry(seq).or_default().push((range, run));
        }
        let regions = regions(function, &pieces);
        if regions.is_empty() {
            continue;
        }
        let places = regions
            .iter()
            .flat_map(|(seq, range)| [(*seq, range.start), (*seq, range.end)])
            .collect();
        let liveness = Liveness::of(function, &places);
        for (number, (seq, range)) in regions.into_iter().enumerate() {
            let name = format!("{name} (piece {number})");
            move_out(module, id, &liveness, seq, range, name);
        }
    }
}

/// The runs of pieces that were not seen, in an order in which moving one out leaves the places of
/// the others as they are.
fn regions(
    function: &LocalFunction,
    pieces: &BTreeMap<InstrSeqId, Vec<(Range<usize>, bool)>>,
) -> Vec<(InstrSeqId, Range<usize>)> {
    let mut regions = Vec::new();
    let mut to_read = vec![function.entry_block()];
    while let Some(seq) = to_read.pop() {
        let mut unseen: Vec<Range<usize>> = Vec::new();
        for (range, seen) in pieces.get(&seq).into_iter().flatten() {
            if *seen {
                for (instr, _) in &function.block(seq).instrs[range.clone()] {
                    to_read.extend(inner(instr));
                }
                continue;
            }
            match unseen.last_mut() {
                Some(last) if last.end == range.start => last.end = range.end,
                _ => unseen.push(range.clone()),
            }
        }
        unseen.reverse();
        regions.extend(unseen.into_iter().map(|range| (seq, range)));
    }
    regions
}

/// What a piece does to what is around it.
#[derive(Default)]
struct Effects {
    size: usize,
    read: BTreeSet<LocalId>,
    written: BTreeSet<LocalId>,
    /// Labels that it branches to, its own included.
    targets: BTreeSet<InstrSeqId>,
    own: BTreeSet<InstrSeqId>,
    strange: bool,
}

impl Effects {
    fn of(&mut self, function: &LocalFunction, instr: &Instr) {
        self.size += 1;
        match instr {
            Instr::LocalGet(get) => _ = self.read.insert(get.local),
            Instr::LocalSet(set) => _ = self.written.insert(set.local),
            Instr::LocalTee(tee) => _ = self.written.insert(tee.local),
            Instr::Br(br) => _ = self.targets.insert(br.block),
            Instr::BrIf(br) => _ = self.targets.insert(br.block),
            Instr::BrTable(table) => {
                self.targets.insert(table.default);
                self.targets.extend(table.blocks.iter().copied());
            }
            Instr::Return(_) => _ = self.targets.insert(function.entry_block()),
            Instr::Block(_) | Instr::Loop(_) | Instr::IfElse(_) => {
                for seq in inner(instr) {
                    self.own.insert(seq);
                    for (instr, _) in &function.block(seq).instrs {
                        self.of(function, instr);
                    }
                }
            }
            // Other ways to leave or to catch are not what rustc makes today.
            Instr::ReturnCall(_)
            | Instr::ReturnCallIndirect(_)
            | Instr::ReturnCallRef(_)
            | Instr::Try(_)
            | Instr::TryTable(_)
            | Instr::BrOnNull(_)
            | Instr::BrOnNonNull(_)
            | Instr::BrOnCast(_)
            | Instr::BrOnCastFail(_) => self.strange = true,
            _ => {}
        }
    }
}

/// A way out of a piece: to a label with that many values, or past its end.
struct Exit {
    label: Option<InstrSeqId>,
    values: Vec<ValType>,
}

fn move_out(
    module: &mut Module,
    id: FunctionId,
    liveness: &Liveness,
    seq: InstrSeqId,
    range: Range<usize>,
    name: String,
) {
    let function = module.funcs.get(id).kind.unwrap_local();
    let instrs = &function.block(seq).instrs[range.clone()];
    let mut effects = Effects::default();
    for (instr, _) in instrs {
        effects.of(function, instr);
    }
    let ends = matches!(
        instrs.last(),
        Some((
            Instr::Br(_) | Instr::BrTable(_) | Instr::Return(_) | Instr::Unreachable(_),
            _
        ))
    );
    let at_end = range.end == function.block(seq).instrs.len();
    let leaves_values = at_end && !results(module, function.block(seq).ty).is_empty();
    if effects.size < SMALLEST || effects.strange || (!ends && leaves_values) {
        return;
    }
    let mut exits = Vec::new();
    let mut live_after = Live::new();
    if !ends {
        live_after.extend(liveness.before(seq, range.end));
        exits.push(Exit {
            label: None,
            values: Vec::new(),
        });
    }
    let loops = loops(function);
    for &label in effects.targets.difference(&effects.own) {
        live_after.extend(liveness.label(label));
        let values = match loops.contains(&label) {
            true => Vec::new(),
            false => results(module, function.block(label).ty),
        };
        exits.push(Exit {
            label: Some(label),
            values,
        });
    }
    let touched: BTreeSet<LocalId> = effects.read.union(&effects.written).copied().collect();
    let before = liveness.before(seq, range.start);
    let given: Vec<LocalId> = touched.intersection(&before).copied().collect();
    let back: Vec<LocalId> = effects.written.intersection(&live_after).copied().collect();
    let mut maker = Maker {
        own: touched
            .iter()
            .map(|&l| (l, module.locals.add(module.locals.get(l).ty())))
            .collect(),
        labels: BTreeMap::new(),
    };
    let instrs: Vec<Instr> = instrs.iter().map(|(instr, _)| instr.clone()).collect();
    let piece = maker.make(module, id, &instrs, &exits, &given, &back, name);
    let call = call(module, id, piece, &exits, &given, &back);
    let function = module.funcs.get_mut(id).kind.unwrap_local_mut();
    let call = call.into_iter().map(|instr| (instr, Default::default()));
    function.block_mut(seq).instrs.splice(range, call);
}

fn results(module: &Module, ty: InstrSeqType) -> Vec<ValType> {
    match ty {
        InstrSeqType::Simple(ty) => ty.into_iter().collect(),
        InstrSeqType::MultiValue(ty) => module.types.get(ty).results().to_vec(),
    }
}

fn loops(function: &LocalFunction) -> BTreeSet<InstrSeqId> {
    let mut found = BTreeSet::new();
    let mut to_read = vec![function.entry_block()];
    while let Some(seq) = to_read.pop() {
        for (instr, _) in &function.block(seq).instrs {
            if let Instr::Loop(block) = instr {
                found.insert(block.seq);
            }
            to_read.extend(inner(instr));
        }
    }
    found
}

/// The results of a piece: which exit, if there are several; each exit's values; the locals.
fn piece_results(module: &Module, exits: &[Exit], back: &[LocalId]) -> Vec<ValType> {
    let which = (exits.len() > 1).then_some(ValType::I32);
    let values = exits.iter().flat_map(|exit| exit.values.iter().copied());
    let back = back.iter().map(|local| module.locals.get(*local).ty());
    which.into_iter().chain(values).chain(back).collect()
}

/// Builds a piece's function.
struct Maker {
    /// The piece's own locals, by those of the function it was in.
    own: BTreeMap<LocalId, LocalId>,
    labels: BTreeMap<InstrSeqId, InstrSeqId>,
}

impl Maker {
    #[allow(clippy::too_many_arguments)] // They are one thing, taken apart so that parts can be borrowed.
    fn make(
        &mut self,
        module: &mut Module,
        from: FunctionId,
        instrs: &[Instr],
        exits: &[Exit],
        given: &[LocalId],
        back: &[LocalId],
        name: String,
    ) -> FunctionId {
        let params: Vec<ValType> = given.iter().map(|l| module.locals.get(*l).ty()).collect();
        let results = piece_results(module, exits, back);
        let mut builder = FunctionBuilder::new(&mut module.types, &params, &results);
        builder.name(name);
        let values: Vec<Vec<LocalId>> = exits
            .iter()
            .map(|exit| {
                exit.values
                    .iter()
                    .map(|ty| module.locals.add(*ty))
                    .collect()
            })
            .collect();
        // A block for each label outside; a branch out of the piece becomes one out of its block.
        let mut blocks = Vec::new();
        for (number, exit) in exits.iter().enumerate() {
            if let Some(label) = exit.label {
                let ty = InstrSeqType::new(&mut module.types, &[], &exit.values);
                let block = builder.dangling_instr_seq(ty).id();
                self.labels.insert(label, block);
                blocks.push((number, block));
            }
        }
        let outermost = builder.func_body_id();
        let seqs: Vec<InstrSeqId> = [outermost]
            .into_iter()
            .chain(blocks.iter().rev().map(|(_, block)| *block))
            .collect();
        let innermost = *seqs.last().expect("the function's body at least");
        let source = module.funcs.get(from).kind.unwrap_local();
        let body = self.copy_all(&mut builder, source, instrs);
        let mut inner = builder.instr_seq(innermost);
        for instr in body {
            inner.instr(instr);
        }
        let leave = |number: usize| -> Vec<Instr> {
            let mut out: Vec<Instr> = Vec::new();
            if exits.len() > 1 {
                let value = i32::try_from(number).expect("few ways lead out");
                out.push(constant(value));
            }
            let all = values.iter().flatten().copied();
            out.extend(all.chain(back.iter().map(|l| self.own[l])).map(get));
            out.push(walrus::ir::Return {}.into());
            out
        };
        match exits.iter().position(|exit| exit.label.is_none()) {
            Some(number) => {
                for instr in leave(number) {
                    inner.instr(instr);
                }
            }
            None => _ = inner.unreachable(),
        }
        for (depth, (number, block)) in blocks.iter().enumerate() {
            // The last block of the list is the outermost, and stands in the body itself.
            let around = seqs[seqs.len() - 2 - depth];
            let mut seq = builder.instr_seq(around);
            seq.instr(Block { seq: *block });
            for local in values[*number].iter().rev() {
                seq.local_set(*local);
            }
            for instr in leave(*number) {
                seq.instr(instr);
            }
        }
        let args = given.iter().map(|local| self.own[local]).collect();
        builder.finish(args, &mut module.funcs)
    }

    fn copy_all(
        &mut self,
        builder: &mut FunctionBuilder,
        source: &LocalFunction,
        instrs: &[Instr],
    ) -> Vec<Instr> {
        let copied = instrs.iter().map(|i| self.copy(builder, source, i));
        copied.collect()
    }

    fn copy(
        &mut self,
        builder: &mut FunctionBuilder,
        source: &LocalFunction,
        instr: &Instr,
    ) -> Instr {
        match instr {
            Instr::Block(block) => Block {
                seq: self.sequence(builder, source, block.seq),
            }
            .into(),
            Instr::Loop(block) => Loop {
                seq: self.sequence(builder, source, block.seq),
            }
            .into(),
            Instr::IfElse(arms) => walrus::ir::IfElse {
                consequent: self.sequence(builder, source, arms.consequent),
                alternative: self.sequence(builder, source, arms.alternative),
            }
            .into(),
            Instr::Br(br) => Br {
                block: self.labels[&br.block],
            }
            .into(),
            Instr::BrIf(br) => BrIf {
                block: self.labels[&br.block],
            }
            .into(),
            Instr::BrTable(table) => BrTable {
                blocks: table.blocks.iter().map(|b| self.labels[b]).collect(),
                default: self.labels[&table.default],
            }
            .into(),
            Instr::Return(_) => Br {
                block: self.labels[&source.entry_block()],
            }
            .into(),
            Instr::LocalGet(i) => get(self.own[&i.local]),
            Instr::LocalSet(i) => set(self.own[&i.local]),
            Instr::LocalTee(i) => LocalTee {
                local: self.own[&i.local],
            }
            .into(),
            other => other.clone(),
        }
    }

    fn sequence(
        &mut self,
        builder: &mut FunctionBuilder,
        source: &LocalFunction,
        seq: InstrSeqId,
    ) -> InstrSeqId {
        let block = source.block(seq);
        let copy = builder.dangling_instr_seq(block.ty).id();
        self.labels.insert(seq, copy);
        let instrs: Vec<Instr> = block.instrs.iter().map(|(i, _)| i.clone()).collect();
        for instr in self.copy_all(builder, source, &instrs) {
            builder.instr_seq(copy).instr(instr);
        }
        copy
    }
}

/// What stands in the place of the piece.
fn call(
    module: &mut Module,
    id: FunctionId,
    piece: FunctionId,
    exits: &[Exit],
    given: &[LocalId],
    back: &[LocalId],
) -> Vec<Instr> {
    let values: Vec<Vec<LocalId>> = exits
        .iter()
        .map(|exit| {
            exit.values
                .iter()
                .map(|ty| module.locals.add(*ty))
                .collect()
        })
        .collect();
    let mut out: Vec<Instr> = given.iter().copied().map(get).collect();
    out.push(walrus::ir::Call { func: piece }.into());
    let results: Vec<LocalId> = values.iter().flatten().chain(back).copied().collect();
    out.extend(results.into_iter().rev().map(set));
    let leave = |exit: &Exit, values: &[LocalId]| -> Vec<Instr> {
        let mut out: Vec<Instr> = values.iter().copied().map(get).collect();
        out.extend(exit.label.map(|block| Br { block }.into()));
        out
    };
    match exits {
        [] => out.push(walrus::ir::Unreachable {}.into()),
        [only] => out.extend(leave(only, &values[0])),
        [
            Exit { label: None, .. },
            Exit {
                label: Some(block),
                values,
            },
        ] if values.is_empty() => out.push(BrIf { block: *block }.into()),
        _ => {
            let which = module.locals.add(ValType::I32);
            out.push(set(which));
            let function = module.funcs.get_mut(id).kind.unwrap_local_mut();
            let builder = function.builder_mut();
            // The first exit is what is left when it was none of the others.
            for (number, exit) in exits.iter().enumerate().skip(1) {
                let then = builder.dangling_instr_seq(None).id();
                for instr in leave(exit, &values[number]) {
                    builder.instr_seq(then).instr(instr);
                }
                let other = builder.dangling_instr_seq(None).id();
                let value = i32::try_from(number).expect("few ways lead out");
                out.extend([get(which), constant(value)]);
                out.push(
                    walrus::ir::Binop {
                        op: BinaryOp::I32Eq,
                    }
                    .into(),
                );
                out.push(
                    walrus::ir::IfElse {
                        consequent: then,
                        alternative: other,
                    }
                    .into(),
                );
            }
            out.extend(leave(&exits[0], &values[0]));
        }
    }
    out
}

fn get(local: LocalId) -> Instr {
    LocalGet { local }.into()
}

fn set(local: LocalId) -> Instr {
    LocalSet { local }.into()
}

fn constant(value: i32) -> Instr {
    walrus::ir::Const {
        value: Value::I32(value),
    }
    .into()
}
