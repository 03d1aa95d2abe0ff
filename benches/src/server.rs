//! A server that answers with prepared bytes, on a thread of its own or as a process of its own.
//!
//! It knows no more of HTTP than the contenders use, and does as little as can be done: what is measured is to be the
//! client. The contender `socket` shows how little that is.

use std::{
    io,
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use bytes::{Buf, Bytes, BytesMut};
use chrono::DateTime;
use futures_util::future::select;
use memchr::{memchr, memmem};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

use crate::dataset::{Prepared, index};

/// What it has, and how long it waits before each answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    pub contacts: usize,
    pub latency: Duration,
}

/// A server that runs; it stops when this is dropped.
pub struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Server {
    /// Starts on a port that is free.
    pub fn start(settings: Settings) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0)))?;
        let address = listener.local_addr()?;
        let connections = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&connections);
        let (stop, stopped) = oneshot::channel();
        let prepared = Arc::new(Prepared::new(settings.contacts));
        let thread = thread::spawn(move || {
            runtime.block_on(async move {
                select(pin!(accept(listener, prepared, settings.latency, counted)), stopped).await;
            });
        });
        Ok(Self { address, connections, stop: Some(stop), thread: Some(thread) })
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections have been made to it.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.thread.take().map(thread::JoinHandle::join);
    }
}

async fn accept(listener: TcpListener, prepared: Arc<Prepared>, latency: Duration, connections: Arc<AtomicUsize>) {
    while let Ok((stream, _)) = listener.accept().await {
        connections.fetch_add(1, Ordering::Relaxed);
        let prepared = Arc::clone(&prepared);
        // What breaks a connection breaks the benchmark, which says so.
        tokio::spawn(async move { drop(serve(stream, &prepared, latency).await) });
    }
}

/// Answers the requests of a connection, one after the other.
async fn serve(mut stream: TcpStream, prepared: &Prepared, latency: Duration) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut input = BytesMut::with_capacity(64 * 1024);
    let mut head = BytesMut::with_capacity(1024);
    loop {
        let request = loop {
            if let Some(request) = Request::read(&input) {
                break request;
            }
            if stream.read_buf(&mut input).await? == 0 {
                return Ok(());
            }
        };
        let answer = answer(prepared, &input, &request);
        input.advance(request.length);
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        head.clear();
        let length = answer.before.len() + answer.contacts.len() + answer.after.len();
        for part in [
            "HTTP/1.1 ",
            answer.status,
            // Before the first contact was created, so that all of them are new.
            "\r\nDate: Mon, 01 Dec 2025 00:00:00 GMT\r\nContent-Type: application/json\r\nContent-Length: ",
            &length.to_string(),
            "\r\n\r\n",
            answer.before,
        ] {
            head.extend_from_slice(part.as_bytes());
        }
        stream.write_all_buf(&mut Buf::chain(&head[..], answer.contacts).chain(answer.after.as_bytes())).await?;
    }
}

/// Where the parts of a request are.
struct Request {
    /// Of the whole of it.
    length: usize,
    /// Of what comes before the body.
    head: usize,
}

impl Request {
    /// `None` if it is not all there.
    fn read(input: &[u8]) -> Option<Self> {
        const END: &[u8] = b"\r\n\r\n";
        const LENGTH: &[u8] = b"content-length: ";

        let head = memmem::find(input, END)? + END.len();
        let lower = input.get(..head)?.to_ascii_lowercase();
        let body = memmem::find(&lower, LENGTH).map_or(0, |at| {
            let digits = lower.iter().skip(at + LENGTH.len()).take_while(|byte| byte.is_ascii_digit());
            digits.fold(0, |length, digit| length * 10 + usize::from(digit - b'0'))
        });
        let length = head + body;
        (input.len() >= length).then_some(Self { length, head })
    }
}

struct Answer {
    status: &'static str,
    before: &'static str,
    contacts: Bytes,
    after: &'static str,
}

fn answer(prepared: &Prepared, input: &[u8], request: &Request) -> Answer {
    let ok = |before, contacts, after| Answer { status: "200 OK", before, contacts, after };
    let one = |index| ok(r#"{"status":"OK","contact":"#, prepared.slice(index..index + 1), "}");
    let (line, body) = (input.get(..request.head).unwrap_or_default(), input.get(request.head..request.length));
    let mut words = line.split(|byte| *byte == b' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut target = target.splitn(2, |byte| *byte == b'?');
    let (path, query) = (target.next().unwrap_or_default(), target.next().unwrap_or_default());
    match (method, path) {
        (b"GET", b"/api/v2/contacts") => {
            let start = parameter(query, "created_at_gte").map_or(0, |time| prepared.since(time)) + offset(query);
            let limit = parameter(query, "limit").unwrap_or(100);
            ok("[", prepared.slice(start..start + limit), "]")
        }
        (b"POST", b"/api/v2/contacts") => one(0),
        (b"POST", b"/api/v2/contacts/bulk") => {
            let numbers = Numbers(body.unwrap_or_default());
            let count = numbers.count();
            let first = Numbers(body.unwrap_or_default()).next().and_then(index).unwrap_or(usize::MAX - count);
            ok(r#"{"status":"OK","contacts":["#, prepared.slice(first..first + count), "]}")
        }
        (b"GET", path) => match index(path) {
            Some(index) if index < prepared.len() => one(index),
            _ => Answer {
                status: "404 Not Found",
                before: r#"{"status":"ERROR","error_message":"Contact not found","error_code":"NOT_FOUND"}"#,
                contacts: Bytes::new(),
                after: "",
            },
        },
        _ => Answer { status: "405 Method Not Allowed", before: "{}", contacts: Bytes::new(), after: "" },
    }
}

fn offset(query: &[u8]) -> usize {
    parameter(query, "offset").unwrap_or(0)
}

/// A parameter of the query: a number, or a time.
fn parameter<T: Parameter>(query: &[u8], name: &str) -> Option<T> {
    let query = std::str::from_utf8(query).ok()?;
    let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    T::parse(value)
}

trait Parameter: Sized {
    fn parse(value: &str) -> Option<Self>;
}

impl Parameter for usize {
    fn parse(value: &str) -> Option<Self> {
        value.parse().ok()
    }
}

impl Parameter for DateTime<chrono::Utc> {
    fn parse(value: &str) -> Option<Self> {
        value.replace("%3A", ":").replace("%2B", "+").parse().ok()
    }
}

/// The numbers of the contacts in a body, which follow each other in the account.
struct Numbers<'a>(&'a [u8]);

impl<'a> Iterator for Numbers<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<Self::Item> {
        const BEFORE: &[u8] = br#""phone":""#;
        let start = memmem::find(self.0, BEFORE)? + BEFORE.len();
        let rest = self.0.get(start..)?;
        let end = memchr(b'"', rest)?;
        self.0 = rest.get(end..)?;
        rest.get(..end)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Read as _, Write as _},
        net::TcpStream,
    };

    use super::{Numbers, Request, Server, Settings};

    const GET: &str = "GET /api/v2/contacts?limit=1 HTTP/1.1\r\nhost: here\r\n\r\n";
    const POST: &str = "POST /api/v2/contacts HTTP/1.1\r\nContent-Length: 24\r\n\r\n{\"number\":\"+1415000000\"}";

    #[test]
    fn a_request_is_read_when_all_of_it_is_there() {
        for (request, body) in [(GET, 0), (POST, 24)] {
            let all = [request, GET].concat();
            for length in 0..=all.len() {
                let read = Request::read(&all.as_bytes()[..length]).map(|read| (read.length, read.head));
                let whole = (request.len(), request.len() - body);
                assert_eq!(read, (length >= request.len()).then_some(whole), "{length} of {all:?}");
            }
        }
    }

    /// What a connection answers to these parts.
    fn answers(parts: &[&[u8]]) -> io::Result<String> {
        let server = Server::start(Settings { contacts: 3, ..Settings::default() })?;
        let mut stream = TcpStream::connect(server.address())?;
        stream.set_nodelay(true)?;
        for part in parts {
            stream.write_all(part)?;
        }
        stream.shutdown(std::net::Shutdown::Write)?;
        let mut answers = String::new();
        stream.read_to_string(&mut answers)?;
        assert_eq!(server.connections(), 1);
        Ok(answers)
    }

    #[test]
    fn requests_are_answered_in_turn_however_they_come() {
        let (get, post) = (answers(&[GET.as_bytes()]).expect("one"), answers(&[POST.as_bytes()]).expect("one"));
        assert!(
            get.starts_with("HTTP/1.1 200 OK\r\n") && get.ends_with(",\"opt_out\":false,\"verified\":true}]"),
            "{get}"
        );
        assert!(post.contains("\r\n\r\n{\"status\":\"OK\",\"contact\":{"), "{post}");
        let (all, expected) = ([GET, POST, GET].concat(), [&*get, &*post, &*get].concat());
        for at in 0..all.len() {
            let (before, after) = all.as_bytes().split_at(at);
            assert_eq!(answers(&[before, after]).expect("all"), expected, "split at {at}");
        }
        let bytes: Vec<_> = all.as_bytes().chunks(1).collect();
        assert_eq!(answers(&bytes).expect("all"), expected);
    }

    #[test]
    fn a_body_has_numbers() {
        let numbers = |body: &'static str| Numbers(body.as_bytes()).collect::<Vec<_>>();
        assert_eq!(numbers(r#"{"contacts":[{"phone":"+1","tags":[]},{"phone":"+22"}]}"#), [&b"+1"[..], b"+22"]);
        assert!(numbers(r#"{"contacts":[]}"#).is_empty());
        assert!(numbers(r#"{"contacts":[{"phone":"+1"#).is_empty());
    }
}
