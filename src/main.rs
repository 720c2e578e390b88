//! The page's binary: puts [`chainwalk_page::App`] into the document.

fn main() {
    chainwalk_page::start();
}
