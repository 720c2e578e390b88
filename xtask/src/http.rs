//! A small HTTP server for this machine alone: one thread a connection, one answer a connection, read by httparse.
//!
//! tiny_http did this before. Its pool counts a thread as free that was just given a connection, so a second
//! connection may wait behind one that stays open: now and then a page did not finish loading.
//! What is answered is [`crate::serve`]'s.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// The longest head of a request that is read, in bytes.
const LONGEST_HEAD: usize = 16 * 1024;
/// As many headers are read.
const HEADERS: usize = 64;
/// Who says nothing for this long is gone; browsers open connections in advance.
const SILENCE: Duration = Duration::from_secs(60);

/// What is answered.
pub struct Reply {
    /// 200 or 404.
    pub status: u16,
    /// Its type.
    pub kind: &'static str,
    /// What it says.
    pub body: Vec<u8>,
}

/// Answers for ever. `answer` gets what stands behind the request's method: `/path?query`.
pub fn run(listener: &TcpListener, answer: impl Fn(&str) -> Reply + Send + Sync + 'static) {
    let answer = Arc::new(answer);
    for stream in listener.incoming().flatten() {
        let answer = answer.clone();
        // A browser that left before its answer is no trouble of ours.
        thread::spawn(move || drop(serve(stream, answer.as_ref())));
    }
}

fn serve(mut stream: TcpStream, answer: &dyn Fn(&str) -> Reply) -> std::io::Result<()> {
    stream.set_read_timeout(Some(SILENCE))?;
    stream.set_nodelay(true)?;
    let mut head = Vec::new();
    let target = loop {
        let mut part = [0; 2048];
        let read = stream.read(&mut part)?;
        head.extend_from_slice(&part[..read]);
        match target(&head) {
            Target::Is(target) => break target,
            Target::More if read > 0 && head.len() < LONGEST_HEAD => {}
            _ => return Ok(()),
        }
    };
    let reply = answer(&target);
    let reason = match reply.status {
        200 => "OK",
        _ => "Not Found",
    };
    // A sandboxed frame has no origin, and is somebody else to its own site: hence the `*`.
    write!(
        stream,
        "HTTP/1.1 {} {reason}\r\nContent-Type: {}\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         Access-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n",
        reply.status,
        reply.kind,
        reply.body.len()
    )?;
    stream.write_all(&reply.body)?;
    stream.flush()
}

/// What a request asks for.
#[derive(Debug, PartialEq, Eq)]
enum Target {
    /// This.
    Is(String),
    /// Its head goes on.
    More,
    /// Nothing that is answered here.
    None,
}

fn target(head: &[u8]) -> Target {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(head) {
        Ok(httparse::Status::Partial) => Target::More,
        Ok(httparse::Status::Complete(_)) => match (request.method, request.path) {
            (Some("GET"), Some(path)) => Target::Is(path.to_owned()),
            _ => Target::None,
        },
        Err(_) => Target::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_once_its_head_is_there() {
        let whole = b"GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n";
        assert_eq!(target(whole), Target::Is("/a?b".into()));
        for end in 0..whole.len() {
            assert_eq!(target(&whole[..end]), Target::More, "{end}");
        }
        for other in ["POST / HTTP/1.1\r\n\r\n", "\u{1}\r\n\r\n"] {
            assert_eq!(target(other.as_bytes()), Target::None, "{other:?}");
        }
    }

    #[test]
    fn connections_that_say_nothing_hold_up_nobody() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it was bound");
        thread::spawn(move || {
            run(&listener, |target| Reply {
                status: 200,
                kind: "text/plain",
                body: target.as_bytes().to_vec(),
            });
        });
        let silent: Vec<TcpStream> = (0..40)
            .map(|_| TcpStream::connect(address).expect("it listens"))
            .collect();
        for n in 0..20 {
            let mut stream = TcpStream::connect(address).expect("it listens");
            write!(stream, "GET /{n} HTTP/1.1\r\n\r\n").expect("it reads");
            let mut said = String::new();
            stream
                .read_to_string(&mut said)
                .expect("it answers and closes");
            assert!(said.ends_with(&format!("\r\n\r\n/{n}")), "{said}");
        }
        drop(silent);
    }
}
