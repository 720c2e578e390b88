//! Words that cover nothing: every text asks for a place, tries a few, and stays away where none is free.

use super::{Anchor, Form, Shape};
use crate::layout::{Point, Rect};

/// How wide a letter is at most, in the page's two faces.
const TEXT_12: f64 = 7.0;
const TEXT_15: f64 = 9.2;
const MONO_11: f64 = 6.65;

/// A look of words: its class, and how large a letter is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Face {
    /// The class.
    pub class: &'static str,
    /// A letter's width.
    pub letter: f64,
    /// A line's height.
    pub height: f64,
}

/// What a machine prints.
pub const MONO: Face = Face {
    class: "mono small second",
    letter: MONO_11,
    height: 14.0,
};
/// The same where the packet is.
pub const MONO_BOLD: Face = Face {
    class: "mono small name",
    letter: MONO_11,
    height: 14.0,
};
/// What is said.
pub const SAID: Face = Face {
    class: "second",
    letter: TEXT_12,
    height: 15.0,
};
/// The same, less loud.
pub const FAINT: Face = Face {
    class: "small faint",
    letter: 6.5,
    height: 14.0,
};
/// What a draw says.
pub const DRAWN: Face = Face {
    class: "drawn",
    letter: TEXT_12,
    height: 15.0,
};
/// Names.
pub const NAME: Face = Face {
    class: "name",
    letter: 7.6,
    height: 15.0,
};
/// The hook that is open.
pub const HEAD: Face = Face {
    class: "head",
    letter: TEXT_15,
    height: 18.0,
};

/// Every box that is taken.
#[derive(Debug, Default)]
pub struct Words {
    taken: Vec<Rect>,
    /// Nothing may stand outside.
    pub bounds: Rect,
}

impl Words {
    /// Takes a box, whatever else is there.
    pub fn take(&mut self, rect: Rect) {
        self.taken.push(rect);
    }

    /// Takes the way from one point to another.
    pub fn take_way(&mut self, a: Point, b: Point, half: f64) {
        let steps = match (a.0 - b.0).abs() < 1.0 || (a.1 - b.1).abs() < 1.0 {
            true => 1,
            false => 4,
        };
        for k in 0..steps {
            let at = |t: f64| (a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t);
            let (p, q) = (
                at(f64::from(k) / f64::from(steps)),
                at(f64::from(k + 1) / f64::from(steps)),
            );
            self.take(Rect {
                x: p.0.min(q.0) - half,
                y: p.1.min(q.1) - half,
                w: (p.0 - q.0).abs() + 2.0 * half,
                h: (p.1 - q.1).abs() + 2.0 * half,
            });
        }
    }

    /// Whether a box is free.
    pub fn is_free(&self, rect: Rect) -> bool {
        let b = self.bounds;
        let inside = rect.x >= b.x
            && rect.x + rect.w <= b.x + b.w
            && rect.y >= b.y
            && rect.bottom() <= b.bottom();
        inside && !self.taken.iter().any(|t| overlap(*t, rect))
    }

    /// Takes the first free place for a box of a size, given by its upper left corner.
    pub fn place(&mut self, size: (f64, f64), corners: &[Point]) -> Option<Rect> {
        let rects = corners.iter().map(|&(x, y)| Rect {
            x,
            y,
            w: size.0,
            h: size.1,
        });
        let found = rects.into_iter().find(|r| self.is_free(*r))?;
        self.take(found);
        Some(found)
    }

    /// Writes lines at the first of some points where all of them are free.
    pub fn write(
        &mut self,
        face: Face,
        anchor: Anchor,
        lines: &[String],
        at: &[Point],
    ) -> Option<Vec<Shape>> {
        let longest = lines.iter().map(|l| l.chars().count()).max()?;
        let width = longest as f64 * face.letter;
        let height = lines.len() as f64 * face.height;
        let left = match anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => width / 2.0,
            Anchor::End => width,
        };
        let up = face.height - 3.0;
        let corners: Vec<Point> = at.iter().map(|p| (p.0 - left, p.1 - up)).collect();
        let rect = self.place((width, height), &corners)?;
        let line = |(i, words): (usize, &String)| Shape {
            class: face.class,
            form: Form::Text {
                at: (rect.x + left, rect.y + up + i as f64 * face.height),
                anchor,
                words: words.clone(),
                turn: 0,
            },
        };
        Some(lines.iter().enumerate().map(line).collect())
    }
}

/// A text, wherever it stands.
pub fn text(class: &'static str, at: Point, anchor: Anchor, words: impl Into<String>) -> Shape {
    Shape {
        class,
        form: Form::Text {
            at,
            anchor,
            words: words.into(),
            turn: 0,
        },
    }
}

fn overlap(a: Rect, b: Rect) -> bool {
    a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.bottom() && b.y < a.bottom()
}

/// Breaks words into lines of at most so many letters, and cuts what doesn't fit into so many lines.
pub fn wrap(words: &str, letters: usize, most: usize) -> Vec<String> {
    let letters = letters.max(6);
    let mut lines: Vec<String> = Vec::new();
    for word in words.split_whitespace() {
        let word = crate::text::elide(word, letters);
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= letters => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            *last = crate::text::elide(&format!("{last} …"), letters);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Words {
        Words {
            taken: Vec::new(),
            bounds: Rect {
                x: 0.0,
                y: 0.0,
                w: 200.0,
                h: 100.0,
            },
        }
    }

    #[test]
    fn a_second_text_goes_elsewhere_or_away() {
        let mut words = words();
        let at = [(10.0, 20.0), (10.0, 60.0)];
        let lines = ["KUBE-SERVICES".to_owned()];
        let y = |shapes: Option<Vec<Shape>>| match shapes?.first()?.form {
            Form::Text { at, .. } => Some(at.1),
            _ => None,
        };
        assert_eq!(y(words.write(MONO, Anchor::Start, &lines, &at)), Some(20.0));
        assert_eq!(y(words.write(MONO, Anchor::Start, &lines, &at)), Some(60.0));
        assert_eq!(y(words.write(MONO, Anchor::Start, &lines, &at)), None);
    }

    #[test]
    fn nothing_stands_outside() {
        let lines = ["a long name that does not fit here".to_owned()];
        assert!(
            words()
                .write(MONO, Anchor::Start, &lines, &[(10.0, 20.0)])
                .is_none()
        );
    }

    #[track_caller]
    fn breaks(text: &str, letters: usize, most: usize, want: &[&str]) {
        assert_eq!(wrap(text, letters, most), want);
    }

    #[test]
    fn words_are_broken_and_cut() {
        breaks(
            "-d 10.0.0.1/32 -p tcp",
            14,
            3,
            &["-d 10.0.0.1/32", "-p tcp"],
        );
        breaks("one two three", 5, 2, &["one", "two …"]);
        breaks("", 10, 2, &[]);
    }
}
