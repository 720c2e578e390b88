//! Guessing first, and the staircase that it hides a number of.

mod common;

use common::{Page, node_port};
use player::guess::{Bet, Deed, question};
use player::session::Target;
use player::stairs::{Stand, stairs, unrevealed};
use player::{Action, Kind};

/// A page that guesses, before its first draw.
fn guessing() -> Page {
    let mut page = Page::open(node_port());
    let web = page.destination("web");
    page.act(Action::To(web));
    page.act(Action::Guess(Deed::Toggle));
    page.act(Action::Next(Target::Draw));
    page
}

fn draws(page: &Page) -> Vec<usize> {
    let frames = page.play().frames.iter().enumerate();
    frames
        .filter(|(_, f)| f.draw.is_some())
        .map(|(i, _)| i)
        .collect()
}

#[test]
fn the_play_stops_before_a_draw_and_tells_nothing() {
    let page = guessing();
    let first = draws(&page)[0];
    assert_eq!(page.session.cursor, first - 1);
    assert_eq!(page.session.guess.asking, Some(first));
    let asked = question(&page.session).expect("a question");
    assert!(
        asked.text.contains("Below 0.2 it is a hit"),
        "{}",
        asked.text
    );
    assert_eq!(asked.endpoints.len(), 5);
    assert!(asked.stairs.draw.is_none());
    let number = stairs(page.play(), first)
        .and_then(|s| s.draw)
        .expect("it draws")
        .number;
    let said = format!("{asked:?}");
    assert!(!said.contains(&number), "{number} is not told: {said}");
    assert!(asked.stairs.bars.iter().all(|b| b.drawn.is_none()));
}

#[test]
fn playing_stops_too() {
    let mut page = Page::open(node_port());
    let web = page.destination("web");
    page.act(Action::To(web));
    page.act(Action::Guess(Deed::Toggle));
    assert!(page.session.playing);
    for _ in 0..200 {
        page.act(Action::Tick);
    }
    assert!(!page.session.playing);
    assert_eq!(page.session.guess.asking, Some(draws(&page)[0]));
}

#[test]
fn a_guess_shows_the_draw_and_is_counted() {
    for bet in [Bet::Hit, Bet::Miss] {
        let mut page = guessing();
        let first = draws(&page)[0];
        page.act(Action::Guess(Deed::Bet(bet)));
        assert_eq!(page.session.cursor, first);
        assert_eq!(page.session.guess.asking, None);
        let hit = page.frame().kind == Kind::Hit;
        let right = u32::from(hit == (bet == Bet::Hit));
        assert_eq!(page.session.guess.score, (right, 1));
        let (at, said) = page.session.guess.said.clone().expect("a word");
        assert_eq!(at, first);
        assert!(said.starts_with("You said a "), "{said}");
    }
}

#[test]
fn a_guess_for_an_endpoint_turns_out_when_it_is_decided() {
    let last = {
        let mut page = guessing();
        page.act(Action::Guess(Deed::Toggle));
        page.act(Action::Home);
        let frames = &page.play().frames;
        let hit = frames.iter().find(|f| f.kind == Kind::Hit);
        hit.and_then(|f| f.at).map(|at| at.number)
    };
    let rule = last.expect("seed 7 hits before the rest is taken");
    let mut page = guessing();
    page.act(Action::Guess(Deed::Bet(Bet::Rule(rule))));
    while page.frame().kind != Kind::Hit {
        let before = page.session.cursor;
        page.act(Action::Step);
        assert_eq!(page.session.guess.asking, None, "one guess for all of it");
        assert!(page.session.cursor > before);
    }
    assert_eq!(page.session.guess.score, (1, 1));
    assert_eq!(
        page.session.guess.words().as_deref(),
        Some("1 of 1 guessed")
    );
    let mut page = guessing();
    page.act(Action::Guess(Deed::Bet(Bet::Rule(rule + 1))));
    page.act(Action::End);
    assert_eq!(page.session.guess.score, (0, 1));
}

#[test]
fn who_steps_on_sees_the_draw_without_a_guess() {
    let mut page = guessing();
    let first = draws(&page)[0];
    page.act(Action::Step);
    assert_eq!(
        (page.session.cursor, page.session.guess.asking),
        (first, None)
    );
    assert_eq!(page.session.guess.score, (0, 0));
    page.act(Action::Back);
    page.act(Action::Step);
    assert_eq!(
        page.session.cursor, first,
        "what was seen is not asked again"
    );
    page.act(Action::Guess(Deed::Skip));
    assert_eq!(page.session.cursor, first);
}

#[test]
fn going_elsewhere_or_walking_anew_takes_the_question_back() {
    let mut page = guessing();
    page.act(Action::Home);
    assert_eq!(page.session.guess.asking, None);
    page.act(Action::Next(Target::Draw));
    assert!(page.session.guess.asking.is_some());
    page.act(Action::DrawAgain);
    assert_eq!(page.session.guess.asking, None);
    assert!(page.session.guess.on);
    page.act(Action::Guess(Deed::Bet(Bet::Hit)));
    assert_eq!(page.session.guess.score, (0, 0), "nothing was asked");
}

#[test]
fn what_is_left_of_the_whole_is_told_and_the_pieces_make_it_up() {
    let page = {
        let mut page = Page::open(node_port());
        let web = page.destination("web");
        page.act(Action::To(web));
        page.act(Action::Next(Target::Draw));
        page.act(Action::Pin((1 << 31) - 1));
        page
    };
    let drawn = stairs(page.play(), page.session.cursor).expect("a staircase");
    assert_eq!(drawn.left, "4/5 of the whole is left, for 4 endpoints.");
    assert_eq!(drawn.strip.len(), 5);
    let whole: f64 = drawn.strip.iter().map(|p| p.width).sum();
    assert!((whole - 1.0).abs() < 1e-9);
    assert!(drawn.strip.iter().all(|p| (p.width - 0.2).abs() < 1e-6));
    assert_eq!(drawn.strip[0].stand, Stand::Here);
    assert_eq!(
        drawn.draw.as_ref().map(|d| d.fixed.as_str()),
        Some("2,147,483,647 drawn, of 2,147,483,648 (2^31); below 429,496,730 hits")
    );
    assert_eq!(unrevealed(page.play(), 0), None);
}
