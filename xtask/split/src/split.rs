//! The cut: two copies of a module become the file that starts and the file that follows.
//!
//! Binaryen's wasm-split does the same; the npm package of binaryen brings no such program. In the
//! first file a deferred function's body becomes a bridge, so that whatever names the function
//! (calls, tables, exports) goes on naming it and nothing else has to change:
//!
//! ```text
//! bridge(arguments) = ensure(); slots[n](arguments)
//! ensure()          = if not loaded { rest.load(); loaded = 1 }
//! ```
//!
//! The second file imports what it uses of the first by the name the first exports it under, and
//! fills the slots when it is instantiated. Data stays with the first file.

use std::collections::BTreeSet;

use walrus::ir::{UnaryOp, Value};
use walrus::passes;
use walrus::{
    ConstExpr, ElementItems, ElementKind, ExportItem, FunctionBuilder, FunctionId, FunctionKind,
    GlobalKind, ImportKind, LocalFunction, Module, RefType, TableId, TypeId, ValType,
};

use crate::names;
use crate::view::View;

/// The module that the first file's one import of its own, and all the second's, come from.
const MODULE: &str = "rest";

/// A function of so few instructions weighs no more than the bridge to it would.
const SMALLEST: u64 = 8;

/// Makes `first` and `rest` into the two files. All three are one module parsed three times;
/// `scratch` is used up to find out what names what.
pub fn split(
    scratch: &mut Module,
    first: &mut Module,
    rest: &mut Module,
    view: &View,
) -> Result<(), String> {
    let mut deferred: BTreeSet<usize> = first
        .funcs
        .iter()
        .filter(|f| match (&f.kind, &f.name) {
            (FunctionKind::Local(body), Some(name)) => {
                body.size() > SMALLEST && !view.runs(&names::plain(name))
            }
            // What the glue's maker wrote itself has no name, and is small.
            _ => false,
        })
        .map(|f| f.id().index())
        .collect();
    let bridged = bridged(scratch, &mut deferred);
    bridge(first, &bridged);
    let uses = follow(rest, &deferred, &bridged)?;
    export(first, &uses)?;
    passes::gc::run(first);
    Ok(())
}

/// The deferred functions that anything left in the first file names, in the order of their slots.
/// What nothing left there names at all is deferred as well.
fn bridged(scratch: &mut Module, deferred: &mut BTreeSet<usize>) -> Vec<usize> {
    for id in scratch.funcs.iter().map(|f| f.id()).collect::<Vec<_>>() {
        if deferred.contains(&id.index()) {
            let ty = scratch.funcs.get(id).ty();
            scratch.funcs.get_mut(id).kind = FunctionKind::Local(trap(scratch, ty));
        }
    }
    let all: Vec<usize> = scratch
        .funcs
        .iter_local()
        .map(|(id, _)| id.index())
        .collect();
    // The second file calls through the tables of the first, so what stands in them stays named.
    let tables: Vec<TableId> = scratch.tables.iter().map(|t| t.id()).collect();
    for table in tables {
        scratch.exports.add("", table);
    }
    passes::gc::run(scratch);
    let named: BTreeSet<usize> = scratch
        .funcs
        .iter_local()
        .map(|(id, _)| id.index())
        .collect();
    let bridged = deferred.intersection(&named).copied().collect();
    deferred.extend(all.iter().filter(|index| !named.contains(index)));
    bridged
}

/// Turns those functions' bodies into bridges.
fn bridge(first: &mut Module, bridged: &[usize]) {
    let slots = first
        .tables
        .add_local(false, bridged.len() as u64, None, RefType::FUNCREF);
    first.exports.add(SLOTS, slots);
    let ids: Vec<FunctionId> = first
        .funcs
        .iter()
        .map(|f| f.id())
        .filter(|id| bridged.binary_search(&id.index()).is_ok())
        .collect();
    let ensure = ensure(first);
    for (slot, id) in ids.into_iter().enumerate() {
        let slot = i32::try_from(slot).expect("wasm counts functions in 32 bits");
        let ty = first.funcs.get(id).ty();
        let body = bridge_body(first, ty, ensure, slots, slot);
        first.funcs.get_mut(id).kind = FunctionKind::Local(body);
    }
}

fn trap(module: &mut Module, ty: TypeId) -> LocalFunction {
    let (params, results) = signature(module, ty);
    let args = params.iter().map(|ty| module.locals.add(*ty)).collect();
    let mut builder = FunctionBuilder::new(&mut module.types, &params, &results);
    builder.func_body().unreachable();
    builder.local_func(args)
}

/// The function that makes sure the second file is there.
fn ensure(module: &mut Module) -> FunctionId {
    let ty = module.types.add(&[], &[]);
    let (load, _) = module.add_import_func(MODULE, "load", ty);
    let zero = ConstExpr::Value(Value::I32(0));
    let loaded = module.globals.add_local(ValType::I32, true, false, zero);
    let mut builder = FunctionBuilder::new(&mut module.types, &[], &[]);
    builder
        .func_body()
        .global_get(loaded)
        .unop(UnaryOp::I32Eqz)
        .if_else(
            None,
            |missing| {
                missing.call(load).i32_const(1).global_set(loaded);
            },
            |_| {},
        );
    builder.finish(Vec::new(), &mut module.funcs)
}

fn bridge_body(
    module: &mut Module,
    ty: TypeId,
    ensure: FunctionId,
    slots: TableId,
    slot: i32,
) -> LocalFunction {
    let (params, results) = signature(module, ty);
    let args: Vec<_> = params.iter().map(|ty| module.locals.add(*ty)).collect();
    let mut builder = FunctionBuilder::new(&mut module.types, &params, &results);
    let mut body = builder.func_body();
    body.call(ensure);
    for arg in &args {
        body.local_get(*arg);
    }
    body.i32_const(slot).call_indirect(ty, slots);
    builder.local_func(args)
}

fn signature(module: &Module, ty: TypeId) -> (Vec<ValType>, Vec<ValType>) {
    let ty = module.types.get(ty);
    (ty.params().to_vec(), ty.results().to_vec())
}

/// The slots' name among the exports.
const SLOTS: &str = "$slots";

/// One thing of the first file that the second uses: what, where in its arena, and under what name.
struct Use {
    item: Item,
    index: usize,
    name: String,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    Function,
    Table,
    Memory,
    Global,
}

/// Makes the second file: the deferred functions, everything else imported.
fn follow(
    rest: &mut Module,
    deferred: &BTreeSet<usize>,
    bridged: &[usize],
) -> Result<Vec<Use>, String> {
    rest.start = None;
    for id in rest.exports.iter().map(|e| e.id()).collect::<Vec<_>>() {
        rest.exports.delete(id);
    }
    for id in rest.data.iter().map(|d| d.id()).collect::<Vec<_>>() {
        rest.data.delete(id);
    }
    for memory in rest.memories.iter_mut() {
        memory.data_segments.clear();
    }
    for id in rest.elements.iter().map(|e| e.id()).collect::<Vec<_>>() {
        rest.elements.delete(id);
    }
    for id in rest.tables.iter().map(|t| t.id()).collect::<Vec<_>>() {
        rest.tables.get_mut(id).elem_segments.clear();
    }
    import_all(rest, deferred);
    let (slots, _) = rest.add_import_table(
        MODULE,
        SLOTS,
        false,
        bridged.len() as u64,
        None,
        RefType::FUNCREF,
    );
    let fill = rest
        .funcs
        .iter()
        .map(|f| f.id())
        .filter(|id| bridged.binary_search(&id.index()).is_ok())
        .collect();
    let start = ElementKind::Active {
        table: slots,
        offset: ConstExpr::Value(Value::I32(0)),
    };
    let fill = rest.elements.add(start, ElementItems::Functions(fill));
    rest.tables.get_mut(slots).elem_segments.insert(fill);
    passes::gc::run(rest);
    name_imports(rest)
}

/// Everything but the deferred functions comes from outside.
fn import_all(rest: &mut Module, deferred: &BTreeSet<usize>) {
    for id in rest.funcs.iter().map(|f| f.id()).collect::<Vec<_>>() {
        let function = rest.funcs.get(id);
        if matches!(function.kind, FunctionKind::Local(_)) && !deferred.contains(&id.index()) {
            let ty = function.ty();
            let import = rest.imports.add(MODULE, "", id);
            let kind = FunctionKind::Import(walrus::ImportedFunction { import, ty });
            rest.funcs.get_mut(id).kind = kind;
        }
    }
    for id in rest.tables.iter().map(|t| t.id()).collect::<Vec<_>>() {
        if rest.tables.get(id).import.is_none() {
            let import = rest.imports.add(MODULE, "", id);
            rest.tables.get_mut(id).import = Some(import);
        }
    }
    for id in rest.memories.iter().map(|m| m.id()).collect::<Vec<_>>() {
        if rest.memories.get(id).import.is_none() {
            let import = rest.imports.add(MODULE, "", id);
            rest.memories.get_mut(id).import = Some(import);
        }
    }
    for id in rest.globals.iter().map(|g| g.id()).collect::<Vec<_>>() {
        if matches!(rest.globals.get(id).kind, GlobalKind::Local(_)) {
            let import = rest.imports.add(MODULE, "", id);
            rest.globals.get_mut(id).kind = GlobalKind::Import(import);
        }
    }
}

/// Gives each import that is left a short name. What JavaScript gives to the first file goes
/// through it too, so that one object, the first file's exports, is all that the second needs.
fn name_imports(rest: &mut Module) -> Result<Vec<Use>, String> {
    let mut uses = Vec::new();
    for import in rest.imports.iter_mut() {
        if import.name == SLOTS {
            continue;
        }
        let (item, index) = match import.kind {
            ImportKind::Function(id) => (Item::Function, id.index()),
            ImportKind::Table(id) => (Item::Table, id.index()),
            ImportKind::Memory(id) => (Item::Memory, id.index()),
            ImportKind::Global(id) => (Item::Global, id.index()),
            ImportKind::Tag(_) => return Err("exception tags cannot be shared yet".into()),
        };
        let name = format!("${}", uses.len());
        import.module = MODULE.into();
        import.name.clone_from(&name);
        uses.push(Use { item, index, name });
    }
    Ok(uses)
}

/// Gives out what the second file uses.
fn export(first: &mut Module, uses: &[Use]) -> Result<(), String> {
    for Use { item, index, name } in uses {
        let found: Option<ExportItem> = match item {
            Item::Function => first
                .funcs
                .iter()
                .find(|f| f.id().index() == *index)
                .map(|f| ExportItem::Function(f.id())),
            Item::Table => first
                .tables
                .iter()
                .find(|t| t.id().index() == *index)
                .map(|t| ExportItem::Table(t.id())),
            Item::Memory => first
                .memories
                .iter()
                .find(|m| m.id().index() == *index)
                .map(|m| ExportItem::Memory(m.id())),
            Item::Global => first
                .globals
                .iter()
                .find(|g| g.id().index() == *index)
                .map(|g| ExportItem::Global(g.id())),
        };
        let Some(item) = found else {
            return Err(format!(
                "the first file has lost what the second uses as {name}"
            ));
        };
        first.exports.add(name, item);
    }
    Ok(())
}
