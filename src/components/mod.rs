//! The parts of the page, one a file, each named as its stylesheet.

mod cluster_map;
mod conversation;
pub mod draw;
pub mod draw_box;
mod editor;
pub mod glyph;
pub mod icon;
mod made;
mod mini_map;
mod moment;
mod odds;
mod rail;
mod side;
mod spots;
mod stack;
pub mod stairs;
mod story;
mod tabs;
mod top;
mod transport;
pub mod walk;
mod working;

pub use cluster_map::ClusterMap;
pub use conversation::Conversation;
pub use draw_box::Chance;
pub use editor::EditorPanel;
pub use side::{SideProps, side};
pub use story::{StoryProps, story};
pub use tabs::tabs;
pub use top::Top;
pub use transport::Transport;
pub use walk::Walk;
pub use working::working;
