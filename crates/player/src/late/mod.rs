//! State and words of the parts of the page that come after its first view; one file a panel.

pub mod browser;
pub mod line;
pub mod rules;
pub mod story;
