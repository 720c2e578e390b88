//! A small module, cut: what comes out is valid (reading it checks that), and each part is where
//! it belongs. That it still computes the same is for the page's own tests to see.

use std::collections::BTreeSet;

use walrus::ir::BinaryOp;
use walrus::{FunctionBuilder, FunctionKind, Module, ModuleConfig, RefType, ValType};

use crate::instrument::instrument;
use crate::outline::outline;
use crate::split::split;
use crate::view::View;

/// `main(x)`: leaves at once if `x` is 0; else does much, after which it leaves by one of two ways,
/// and calls `other`, which is in a table too.
fn module() -> Vec<u8> {
    let mut module = Module::default();
    let x = module.locals.add(ValType::I32);
    let y = module.locals.add(ValType::I32);
    let mut other = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[ValType::I32]);
    other.name("a::other".into());
    let arg = module.locals.add(ValType::I32);
    let mut body = other.func_body();
    body.local_get(arg);
    for n in 0..8 {
        body.i32_const(n).binop(BinaryOp::I32Add);
    }
    let other = other.finish(vec![arg], &mut module.funcs);
    let mut main = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[ValType::I32]);
    main.name("a::main".into());
    main.func_body()
        .block(None, |outer| {
            let leave = outer.id();
            outer
                .local_get(x)
                .unop(walrus::ir::UnaryOp::I32Eqz)
                .br_if(leave);
            for n in 0..8 {
                outer
                    .local_get(x)
                    .i32_const(n)
                    .binop(BinaryOp::I32Mul)
                    .local_set(y);
            }
            outer.local_get(y).br_if(leave);
            outer.local_get(y).call(other).return_();
        })
        .local_get(y);
    let main = main.finish(vec![x], &mut module.funcs);
    module.exports.add("main", main);
    let table = module.tables.add_local(false, 1, None, RefType::FUNCREF);
    module.exports.add("table", table);
    let kind = walrus::ElementKind::Active {
        table,
        offset: walrus::ConstExpr::Value(walrus::ir::Value::I32(0)),
    };
    let items = walrus::ElementItems::Functions(vec![other]);
    let element = module.elements.add(kind, items);
    module.tables.get_mut(table).elem_segments.insert(element);
    module.emit_wasm()
}

fn parse(bytes: &[u8]) -> Module {
    ModuleConfig::new().parse(bytes).expect("it is valid")
}

fn locals(module: &Module) -> Vec<&str> {
    let own = module
        .funcs
        .iter()
        .filter(|f| matches!(f.kind, FunctionKind::Local(_)));
    let mut names: Vec<&str> = own.filter_map(|f| f.name.as_deref()).collect();
    names.sort_unstable();
    names
}

/// The list when `main(0)` is all that ran.
fn view() -> View {
    let mut counted = parse(&module());
    let names = instrument(&mut counted).join("\n");
    parse(&counted.emit_wasm());
    let mut first = 0;
    for line in names.lines() {
        let (pieces, name) = line.split_once(' ').expect("a count and a name");
        if name == "a::main" {
            // The block, what follows it, and the test in it; then what didn't run.
            let ran = BTreeSet::from([first, first + 1, first + 2]);
            let text = View::write(&names, &ran).expect("well formed");
            return View::read(&text).expect("well formed");
        }
        first += pieces.parse::<usize>().expect("a count");
    }
    panic!("main is counted")
}

#[test]
fn what_did_not_run_becomes_a_function_of_its_own() {
    let mut whole = parse(&module());
    outline(&mut whole, &view());
    let whole = parse(&whole.emit_wasm());
    assert_eq!(locals(&whole), ["a::main", "a::main (piece 0)", "a::other"]);
}

#[test]
fn each_file_has_its_own_and_both_are_valid() {
    let view = view();
    let mut whole = parse(&module());
    outline(&mut whole, &view);
    let bytes = whole.emit_wasm();
    let (mut first, mut rest) = (parse(&bytes), parse(&bytes));
    split(&mut parse(&bytes), &mut first, &mut rest, &view).expect("it can be cut");
    let (first, rest) = (parse(&first.emit_wasm()), parse(&rest.emit_wasm()));
    assert_eq!(locals(&rest), ["a::main (piece 0)", "a::other"]);
    let asked: BTreeSet<&str> = rest.imports.iter().map(|i| i.name.as_str()).collect();
    let given: BTreeSet<&str> = first.exports.iter().map(|e| e.name.as_str()).collect();
    assert!(asked.is_subset(&given), "{asked:?} of {given:?}");
    assert!(given.contains("main"), "what was exported still is");
    let size = |name: &str| {
        let found = first.funcs.iter().find(|f| f.name.as_deref() == Some(name));
        found.map(|f| f.kind.unwrap_local().size())
    };
    assert_eq!(size("a::other"), Some(4), "ensure, argument, slot, call");
}

#[test]
fn a_function_that_has_changed_stays_whole() {
    let mut whole = parse(&module());
    let view = View::read("77 0 a::main").expect("well formed");
    outline(&mut whole, &view);
    assert_eq!(locals(&whole), ["a::main", "a::other"]);
}
