//! The tree of the ways through the answers: inner nodes are questions, leaves what came of them.

use std::collections::VecDeque;

use crate::asked::Question;
use crate::dice::Dice;
use crate::memory::{Memory, Tally};
use crate::topology::Ns;

/// What is known of the ways through the answers.
pub(super) struct Ways {
    nodes: Vec<Node>,
    pub leaves: Vec<Leaf>,
}

enum Node {
    Unknown,
    Asks {
        of: Ns,
        question: Question,
        yes: usize,
        no: usize,
    },
    Leaf(usize),
}

pub(super) struct Leaf {
    /// Where its result stands among those found.
    pub found: usize,
    /// What the rules counted on this way.
    pub counted: Tally,
    /// How often it was gone again without walking.
    pub again: u64,
}

/// What became of a way that was to be learnt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Learnt {
    /// It fits all that is known.
    Fits,
    /// The same answers led elsewhere before: something decides that was not asked.
    Contradicts,
}

impl Ways {
    /// Nothing is known yet.
    pub fn unknown() -> Ways {
        Ways {
            nodes: vec![Node::Unknown],
            leaves: Vec::new(),
        }
    }

    /// Asks down to a leaf. Where the way is not known yet, the numbers drawn go back into the dice
    /// and the other answers are returned, for the walk that is needed now.
    pub fn descend(&self, memory: &mut Memory, dice: &mut Dice) -> Result<usize, VecDeque<bool>> {
        let now = memory.now();
        let mut drawn = Vec::new();
        let mut given = VecDeque::new();
        let mut at = 0;
        loop {
            match &self.nodes[at] {
                Node::Leaf(leaf) => return Ok(*leaf),
                Node::Asks {
                    of,
                    question,
                    yes,
                    no,
                } => {
                    let answer = match question {
                        Question::Draw(threshold) => {
                            let number = dice.draw(*threshold);
                            drawn.push(number);
                            number < threshold.0
                        }
                        other => {
                            let answer = other.put(memory.space(of), now);
                            given.push_back(answer);
                            answer
                        }
                    };
                    at = if answer { *yes } else { *no };
                }
                Node::Unknown => {
                    dice.give_back(&drawn);
                    return Err(given);
                }
            }
        }
    }

    /// Adds a way that was walked, if it is a new one.
    pub fn learn(&mut self, asked: Vec<(Ns, Question, bool)>, leaf: Leaf) -> Learnt {
        let mut at = 0;
        for (of, question, answer) in asked {
            if matches!(self.nodes[at], Node::Unknown) {
                let yes = self.nodes.len();
                self.nodes.extend([Node::Unknown, Node::Unknown]);
                self.nodes[at] = Node::Asks {
                    of,
                    question,
                    yes,
                    no: yes + 1,
                };
            }
            let Node::Asks { yes, no, .. } = &self.nodes[at] else {
                return Learnt::Contradicts;
            };
            at = if answer { *yes } else { *no };
        }
        match &self.nodes[at] {
            Node::Unknown => {
                self.nodes[at] = Node::Leaf(self.leaves.len());
                self.leaves.push(leaf);
                Learnt::Fits
            }
            Node::Leaf(known) if self.leaves[*known].found == leaf.found => Learnt::Fits,
            _ => Learnt::Contradicts,
        }
    }
}
