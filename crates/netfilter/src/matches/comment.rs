//! `-m comment`: words for people; always true.

use std::fmt;

use super::{Extension, Opt, Taken, Truth};
use crate::walk::Trial;
use crate::words::{Args, Quoted};

/// `-m comment`: words for people; always true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The words.
    pub text: String,
}

/// `XT_MAX_COMMENT_LEN` in `xt_comment.h`, without the closing zero.
const LONGEST: usize = 255;

impl Extension for Comment {
    const NEEDS: usize = 1;

    fn option(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<Taken, String> {
        if option.name != "--comment" {
            return Ok(Taken::No);
        }
        option.upright()?;
        let text = args.value(option.name)?;
        if text.len() > LONGEST {
            return Err(format!("a comment has at most {LONGEST} bytes"));
        }
        text.clone_into(&mut self.text);
        Ok(Taken::Main)
    }

    fn holds(&self, _: &mut Trial<'_>) -> Truth {
        Truth::Yes
    }

    fn why(&self, _: &Trial<'_>) -> String {
        String::new()
    }
}

impl fmt::Display for Comment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "-m comment --comment {}", Quoted(&self.text))
    }
}
