//! `cargo xtask serve`: builds the page, gives it out on this machine alone, and builds it again
//! when a file changes; an open page then loads itself again.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use crate::http::{self, Reply};
use crate::page::{self, Finish};
use crate::paths;
use crate::shell::{Done, say};

const PORT: u16 = 8080;
/// How many ports after the first are tried when it is taken.
const PORTS_TRIED: u16 = 20;
const RELOAD: &str = "__reload";
/// A question about a newer page is answered after this long, whatever happened: proxies and
/// browsers drop what stays open for much longer.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// What an open page runs to learn of a newer one. A server that is stopped and started again
/// counts from anew, so any other number than one's own means news.
const RELOADER: &str = "(async () => {
  let seen = null;
  for (;;) {
    try {
      const answer = await fetch('__reload?seen=' + (seen ?? ''), { cache: 'no-store' });
      const version = await answer.text();
      if (seen !== null && version !== seen) location.reload();
      seen = version;
    } catch { await new Promise((wake) => setTimeout(wake, 1000)); }
  }
})();";
/// Where a page finds it: a file, so that a page may refuse scripts of its own text.
const RELOADER_AT: &str = "__reload.js";

/// Serves until it is stopped.
pub fn serve(port: Option<u16>) -> Done {
    let server = bind(port)?;
    let version = Arc::new(Version::default());
    let mut seen = newest();
    let built = page::build(Finish::Quick, &paths::site());
    match &built {
        Ok(_) => {}
        // Without a page there is nothing to show, unless it is the source that has to change.
        Err(message) => say(message),
    }
    let address = server.local_addr()?;
    thread::spawn({
        let version = version.clone();
        move || server.run(&paths::site(), Some(version))
    });
    if built.is_ok() {
        println!("The page is at {address}");
    }
    say("waiting for a file to change; Ctrl-C ends this");
    let mut good = built.is_ok();
    loop {
        thread::sleep(LOOK_EVERY);
        let now = newest();
        if now == seen {
            continue;
        }
        seen = now;
        match page::build(Finish::Quick, &paths::site()) {
            Ok(_) => {
                version.next();
                match good {
                    true => say("built again"),
                    false => println!("The page is at {address}"),
                }
                good = true;
            }
            Err(message) => say(message),
        }
    }
}

/// A static server on this machine.
pub struct Site {
    listener: TcpListener,
    /// Under which path the site stands: empty, or `some/path/`.
    pub mount: String,
}

fn bind(port: Option<u16>) -> Done<Site> {
    let first = port.unwrap_or(PORT);
    let last = match port {
        Some(port) => port,
        None => PORT + PORTS_TRIED,
    };
    for port in first..=last {
        if let Ok(site) = Site::bind(port, "") {
            return Ok(site);
        }
    }
    Err(match port {
        Some(port) => format!("Port {port} is taken: name another with --port N."),
        None => format!("Ports {first} to {last} are all taken: name another with --port N."),
    })
}

impl Site {
    /// Takes a port (0 for any free one).
    pub fn bind(port: u16, mount: &str) -> Done<Site> {
        let listener = TcpListener::bind(("127.0.0.1", port))
            .map_err(|error| format!("port {port}: {error}"))?;
        Ok(Site {
            listener,
            mount: mount.to_owned(),
        })
    }

    /// Where a browser finds it.
    pub fn local_addr(&self) -> Done<String> {
        let address = self
            .listener
            .local_addr()
            .map_err(|error| error.to_string())?;
        Ok(format!("http://{address}/{}", self.mount))
    }

    /// Answers for ever. With a `version`, pages are told to load themselves again.
    pub fn run(self, dir: &Path, version: Option<Arc<Version>>) {
        let (dir, mount) = (dir.to_owned(), self.mount);
        http::run(&self.listener, move |url| {
            answer(url, &dir, &mount, version.as_deref())
        });
    }
}

/// Counts the builds.
#[derive(Default)]
pub struct Version {
    count: Mutex<u64>,
    changed: Condvar,
}

impl Version {
    fn next(&self) {
        *self.count.lock().expect("no holder panics") += 1;
        self.changed.notify_all();
    }

    fn other_than(&self, seen: Option<u64>) -> u64 {
        let count = self.count.lock().expect("no holder panics");
        let (count, _) = self
            .changed
            .wait_timeout_while(count, PATIENCE, |count| Some(*count) == seen)
            .expect("no holder panics");
        *count
    }
}

fn answer(url: &str, dir: &Path, mount: &str, version: Option<&Version>) -> Reply {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let Some(path) = path.trim_start_matches('/').strip_prefix(mount) else {
        return not_here();
    };
    if let (RELOAD, Some(version)) = (path, version) {
        let seen = query.strip_prefix("seen=").and_then(|n| n.parse().ok());
        return found(path, version.other_than(seen).to_string().into());
    }
    if let (RELOADER_AT, Some(_)) = (path, version) {
        return found(path, RELOADER.into());
    }
    let path = match path {
        "" => "index.html",
        path => path,
    };
    let safe = path
        .split('/')
        .all(|part| !part.is_empty() && part != ".." && !part.contains('\\'));
    let Some(bytes) = safe.then(|| std::fs::read(dir.join(path)).ok()).flatten() else {
        return not_here();
    };
    match (path, version) {
        ("index.html", Some(_)) => found(path, with_reloader(bytes)),
        _ => found(path, bytes),
    }
}

fn found(path: &str, body: Vec<u8>) -> Reply {
    Reply {
        status: 200,
        kind: mime(path),
        body,
    }
}

fn not_here() -> Reply {
    Reply {
        status: 404,
        kind: "text/plain; charset=utf-8",
        body: b"not here".to_vec(),
    }
}

fn with_reloader(html: Vec<u8>) -> Vec<u8> {
    let html = String::from_utf8_lossy(&html).into_owned();
    let tag = format!("<script src=\"./{RELOADER_AT}\"></script>");
    match html.rfind("</body>") {
        Some(at) => format!("{}{tag}{}", &html[..at], &html[at..]).into_bytes(),
        None => format!("{html}{tag}").into_bytes(),
    }
}

/// The types that browsers insist on (modules, wasm, styles) and those the page uses besides.
fn mime(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, end)| end) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("json" | "map") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("webmanifest") => "application/manifest+json",
        _ => "text/plain; charset=utf-8",
    }
}

/// The newest change among everything that a build reads, and how many files there are, so that a
/// deletion shows too. Asking the file system a few times a second costs less than a watcher's
/// compile time.
fn newest() -> (Option<SystemTime>, usize) {
    let mut state = (None, 0);
    for name in [
        "index.html",
        "Cargo.toml",
        "Cargo.lock",
        "src",
        "www",
        "crates",
        "docs",
    ] {
        look(&paths::root().join(name), &mut state);
    }
    state
}

fn look(path: &PathBuf, state: &mut (Option<SystemTime>, usize)) {
    let Ok(metadata) = path.metadata() else {
        return;
    };
    if metadata.is_dir() {
        for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
            look(&entry.path(), state);
        }
    } else {
        state.0 = state.0.max(metadata.modified().ok());
        state.1 += 1;
    }
}
