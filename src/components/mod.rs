//! The parts of the page, one a file, each named as its stylesheet.

mod chart;
mod cluster_map;
mod conversation;
mod draw;
mod editor;
mod glyph;
mod help;
mod icon;
mod made;
mod many;
mod mini_map;
mod moment;
mod rail;
mod rules;
mod side;
mod spots;
mod stack;
mod stairs;
mod story;
mod tabs;
mod top;
mod transport;
mod walk;
mod working;

pub use cluster_map::ClusterMap;
pub use conversation::Conversation;
pub use editor::EditorPanel;
pub use help::help;
pub use many::ManyView;
pub use side::Side;
pub use story::Story;
pub use tabs::tabs;
pub use top::Top;
pub use transport::Transport;
pub use walk::Walk;
pub use working::working;
