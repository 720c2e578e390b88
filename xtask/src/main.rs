//! The project's own commands, run as `cargo xtask COMMAND`. Each lives in a module of its own;
//! this file only reads the words and says what there is.

mod bench;
mod deep;
mod dist;
mod editor;
mod get;
mod http;
mod index;
mod kernel;
mod page;
mod paths;
mod publish;
mod serve;
mod shell;
mod site;
mod test;

use std::path::PathBuf;
use std::process::ExitCode;

use shell::Done;

const HELP: &str = "\
cargo xtask COMMAND

  serve [--port N]   build the page, serve it on http://127.0.0.1:8080, rebuild when a file changes
  build              build the page once, quickly, into target/site
  dist [--out DIR] [--url URL]
                     make the site as it is published, in target/dist, and weigh it; URL is where it will stand
  test [SUITE]...    run every test: format, native, clippy, wasm, kernel, page, trunk
  kernel [--cases N] [--seed S] [--break CHAIN] [--report FILE]
                     send random packets through this machine's own kernel, and compare
  deep [PART]        what takes longer than a test: properties, kernel, fuzz; its results into docs/deep.md
  bench [NAME]       measure: first-view, page, lighthouse, rules, connections; all of them into docs/numbers.md
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["serve", rest @ ..] => port(rest).and_then(serve::serve),
        ["build"] => page::build(page::Finish::Quick, &paths::site()).map(|_| {
            println!("The page is in {}", paths::site().display());
        }),
        ["dist", rest @ ..] => {
            let how = dist_words(rest);
            how.and_then(|(out, url)| dist::dist(&out, url)).map(drop)
        }
        ["bench"] => bench::bench(None),
        ["bench", name] => bench::bench(Some(name)),
        ["deep"] => deep::deep(None),
        ["deep", part] => deep::deep(Some(part)),
        ["test", only @ ..] => test::test(only),
        ["kernel", rest @ ..] => kernel::kernel(rest),
        ["help" | "--help" | "-h"] | [] => {
            print!("{HELP}");
            Ok(())
        }
        other => Err(format!("There is no \"{}\".\n\n{HELP}", other.join(" "))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            // What failed in a test has been said, and its last line is the count.
            if !message.is_empty() {
                eprintln!("{message}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Where the site is to be put, and where it will stand.
fn dist_words<'a>(mut words: &[&'a str]) -> Done<(PathBuf, Option<&'a str>)> {
    let (mut out, mut url) = (paths::target().join("dist"), None);
    loop {
        match words {
            [] => return Ok((out, url)),
            ["--out", dir, rest @ ..] => {
                out = PathBuf::from(dir);
                words = rest;
            }
            ["--url", address, rest @ ..] => {
                url = Some(*address);
                words = rest;
            }
            other => {
                return Err(format!(
                    "dist knows --out DIR and --url URL and not \"{}\".",
                    other.join(" ")
                ));
            }
        }
    }
}

fn port(words: &[&str]) -> Done<Option<u16>> {
    match words {
        [] => Ok(None),
        ["--port", n] | ["-p", n] => match n.parse() {
            Ok(port) => Ok(Some(port)),
            Err(_) => Err(format!("{n} is no port: write a number from 1 to 65535.")),
        },
        other => Err(format!(
            "serve knows --port N and not \"{}\".",
            other.join(" ")
        )),
    }
}
