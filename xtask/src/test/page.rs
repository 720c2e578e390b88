//! The built page in a real browser: makes the site as it is published, gives it out under a path
//! of its own, and lets the scripts of tests/e2e use it.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::Tally;
use crate::serve::Site;
use crate::shell::{self, Done};
use crate::{dist, get, paths};

/// The site must work under any path, so it is never tested at the root.
const MOUNT: &str = "some/path/";

/// The byte budget and the scripts of tests/e2e.
pub fn tests(tally: &mut Tally) -> Done {
    let out = paths::target().join("dist");
    if let Err(message) = dist::dist(&out, None) {
        // A page that is too heavy can still be tried; one that was not built can't.
        tally.fail(message.clone());
        if !message.starts_with("Over budget") {
            return Ok(());
        }
    } else {
        tally.passed += 1;
    }
    get::npm_parts()?;
    let chromium = match get::chromium() {
        Ok(path) => path,
        Err(message) => {
            tally.skip(format!("the page in a browser: {message}"));
            return Ok(());
        }
    };
    let site = Site::bind(0, MOUNT)?;
    let url = site.local_addr()?;
    std::thread::spawn(move || site.run(&out, None));
    let mut env = vec![
        ("CHAINWALK_URL", PathBuf::from(url)),
        ("CHROMIUM", chromium),
    ];
    // Without one, the scripts say what they leave out.
    match get::firefox() {
        Ok(firefox) => env.push(("FIREFOX", firefox)),
        Err(message) => env.push(("NO_FIREFOX", message.into())),
    }
    node(tally, "tests/e2e", &env)?;
    hosting(tally, &env)?;
    match get::lighthouse() {
        Ok(()) => node(tally, "tests/lighthouse", &env),
        Err(message) => {
            tally.pass_over(format!("Lighthouse: {message}"));
            Ok(())
        }
    }
}

/// The published site under the servers that `hosting/` has a snippet for.
fn hosting(tally: &mut Tally, env: &[(&str, PathBuf)]) -> Done {
    let mut env = env.to_vec();
    env.push(("SITE", paths::target().join("dist")));
    for (name, variable) in [("nginx", "NGINX"), ("caddy", "CADDY")] {
        match get::web_server(name) {
            Ok(program) => env.push((variable, program)),
            // What other people's packages can't bring is no fault of this machine's tests.
            Err(message) => tally.pass_over(format!("the site under {name}: {message}")),
        }
    }
    node(tally, "tests/hosting", &env)
}

/// Runs every `*.test.mjs` of a folder under Node's own test runner.
pub fn node(tally: &mut Tally, folder: &str, env: &[(&str, PathBuf)]) -> Done {
    let dir = paths::root().join(folder);
    let entries = std::fs::read_dir(&dir).map_err(|error| format!("{folder}: {error}"))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.to_string_lossy().ends_with(".test.mjs"));
    files.sort();
    let tap = paths::target().join(format!("{}.tap", folder.replace('/', "-")));
    shell::write(&tap, "")?;
    let status = Command::new("node")
        .current_dir(paths::root())
        .args(["--test", "--test-reporter=spec", "--test-reporter-destination=stdout"])
        .arg("--test-reporter=tap")
        .arg(format!("--test-reporter-destination={}", tap.display()))
        .args(&files)
        .envs(env.iter().cloned())
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("node could not be started ({error}). Node.js 20 or newer is needed: https://nodejs.org"))?;
    let counted = Tally::tap(&shell::read(&tap)?);
    let (passed, failed) = (counted.passed, counted.failed);
    tally.add(counted);
    match (status.success(), failed) {
        (false, 0) => Err(format!("{folder}: node ended badly ({status})")),
        _ if passed + failed == 0 => Err(format!("{folder}: node ran no test at all")),
        _ => Ok(()),
    }
}
