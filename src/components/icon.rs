//! Small drawings for buttons.

use yew::prelude::*;

/// Which drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    /// Play.
    Play,
    /// Pause.
    Pause,
    /// One step back.
    Back,
    /// One step on.
    Step,
    /// Half dark, half light.
    Theme,
    /// Copy.
    Copy,
    /// A panel opens.
    Panel,
    /// Close.
    Close,
    /// A picture or a text is taken away.
    Export,
    /// The question on a phone.
    Menu,
    /// The settings: three sliders.
    Settings,
    /// A link.
    Share,
    /// Lessons: an open book.
    Lessons,
    /// A folder.
    Folder,
}

/// A drawing of 14 by 14 pixels in the colour of the words around it.
pub fn icon(icon: Icon) -> Html {
    let filled = matches!(icon, Icon::Play | Icon::Pause | Icon::Back | Icon::Step);
    let d = match icon {
        Icon::Play => "M3 1.5v11l9-5.500z",
        Icon::Pause => "M3 2h3v10h-3zM8 2h3v10h-3z",
        Icon::Back => "M11.5 2v10l-6.500-5zM2.500 2h2v10h-2z",
        Icon::Step => "M2.500 2v10l6.500-5zM9.500 2h2v10h-2z",
        Icon::Theme => "M7 2a5 5 0 1 0 0 10a5 5 0 1 0 0-10M7 2v10",
        Icon::Copy => "M4.500 4.500h7.500v7.500h-7.500zM9.500 2h-7v7",
        Icon::Panel => "M1.500 2.500h11v9h-11zM5 2.500v9M7.500 5l2 2l-2 2",
        Icon::Export => "M7 1.500v8M4 6.500l3 3l3-3M2 9.500v3h10v-3",
        Icon::Close => "M3 3l8 8m0-8l-8 8",
        Icon::Settings => "M1.500 3.500h6m3 0h2M1.500 10.500h2m3 0h6M9 2v3M5 9v3",
        Icon::Folder => "M1.500 11.500v-9h4l1.500 2h5.500v7z",
        Icon::Share => "M7 8.500v-7m-2.500 2.500l2.500-2.500l2.500 2.500M3.500 6.500h-1v6h9v-6h-1",
        Icon::Lessons => {
            "M7 3.500c-1.500-1-3.500-1-5.500-.500v8.500c2-.500 4-.500 5.500.500c1.500-1 3.500-1 5.500-.500v-8.500c-2-.500-4-.500-5.500.500v8.500"
        }
        Icon::Menu => "M2 3.500h10M2 7h10M2 10.500h10",
    };
    html! {
        <svg class={classes!("icon", filled.then_some("filled"))} width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
            <path {d} />
            if icon == Icon::Theme {
                <path class="half" d="M7 2a5 5 0 0 1 0 10z" />
            }
        </svg>
    }
}
