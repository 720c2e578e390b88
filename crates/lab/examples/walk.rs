//! A packet walked in fifteen lines: `cargo run -p lab --example walk`.

use lab::{Ask, AskError, Dice, Lab, Memory, Options, Source};

fn main() -> Result<(), AskError> {
    let demo = Source {
        name: "demo.yaml".into(),
        text: include_str!("../../../www/demo.yaml").into(),
    };
    let lab = Lab::load(&[demo], Options::default());
    let ask = Ask::parse("pod/demo/client", "10.43.169.48:8711", None)?;
    let mut memory = Memory::default();
    let trip = lab.send(&mut memory, &ask, &mut Dice::seeded(7))?;
    assert_eq!(trip.journey.ending.word(), "reply");
    println!("{}", lab::text::trip(&trip));
    Ok(())
}

#[test]
fn it_walks() {
    main().expect("the demo has such a pod");
}
