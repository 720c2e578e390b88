//! A copy of each file in brotli and one in gzip beside it, for servers that give out what is there already.

use std::path::Path;
use std::process::Command;

use super::files;
use crate::shell::{self, Done, say};

/// Below this a packet holds the file anyway.
const LEAST: u64 = 1024;

/// What is worth it; pictures are compressed as they are.
const KINDS: [&str; 8] = ["html", "css", "js", "mjs", "wasm", "txt", "svg", "json"];

/// Adds the copies. Node has both compressors built in, and is needed for the site anyway.
pub fn add(dir: &Path) -> Done {
    const SCRIPT: &str = "const z = require('node:zlib'), fs = require('node:fs');
        for (const f of process.argv.slice(1)) {
            const b = fs.readFileSync(f);
            const params = { [z.constants.BROTLI_PARAM_QUALITY]: 11, [z.constants.BROTLI_PARAM_SIZE_HINT]: b.length };
            fs.writeFileSync(f + '.br', z.brotliCompressSync(b, { params }));
            fs.writeFileSync(f + '.gz', z.gzipSync(b, { level: 9 }));
        }";
    say("compressing");
    let found = files(dir)?;
    let worth = found.iter().filter(|(name, path)| {
        let kind = name.rsplit_once('.').map_or("", |(_, kind)| kind);
        KINDS.contains(&kind) && path.metadata().is_ok_and(|m| m.len() >= LEAST)
    });
    shell::run(
        Command::new("node")
            .args(["-e", SCRIPT])
            .args(worth.map(|(_, path)| path)),
        "Node.js 20 or newer is needed: https://nodejs.org",
    )
}
