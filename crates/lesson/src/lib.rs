//! Lessons: a text file that a teacher writes, read into steps, asked of the simulator.
//!
//! A [`Course`] is a lesson in the core: it answers what stands on a step's stage and whether an answer is
//! right. A [`Run`] is where a learner is, without a simulator, for the page. [`check::check`] proves that a
//! file holds. The answers are the simulator's, never a key in the file.

mod act;
mod around;
mod ask;
mod bench;
mod change;
pub mod check;
mod course;
mod eval;
mod expr;
mod facts;
mod fault;
mod keep;
mod markdown;
mod meaning;
mod model;
mod moment;
mod progress;
mod read;
mod run;
mod step;
mod stop;
pub mod text;
mod value;
mod view;
pub mod workshop;

pub use bench::Walked;
pub use course::{Course, OnStage};
pub use fault::Fault;
pub use progress::Progress;
pub use run::{Move, Run, StepRun, Wanted};
pub use view::*;
