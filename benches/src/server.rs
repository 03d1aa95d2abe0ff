//! A server that responds with prerendered bytes. It runs on its own thread.
//!
//! It supports only the HTTP that the contenders use and does little work, so that the client dominates a
//! measurement. The contender `socket` shows the server's share.

use std::{io, net::SocketAddr, pin::pin, sync::Arc, thread, time::Duration};

use bytes::{Buf, Bytes, BytesMut};
use chrono::DateTime;
use futures_util::future::select;
use memchr::{memchr, memmem};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

use crate::dataset::{RenderedContacts, index};

/// The size of the account, and the delay before each response.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    pub contacts: usize,
    pub latency: Duration,
}

/// A running server. Dropping it stops the server.
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Server {
    /// Starts a server on a free port.
    pub fn start(settings: Settings) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0)))?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let rendered = Arc::new(RenderedContacts::new(settings.contacts));
        let thread = thread::spawn(move || {
            runtime.block_on(async move {
                select(pin!(accept(listener, rendered, settings.latency)), stopped).await;
            });
        });
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.thread.take().map(thread::JoinHandle::join);
    }
}

async fn accept(listener: TcpListener, rendered: Arc<RenderedContacts>, latency: Duration) {
    while let Ok((stream, _)) = listener.accept().await {
        let rendered = Arc::clone(&rendered);
        // If the connection fails, the client reports the error.
        tokio::spawn(async move { drop(serve(stream, &rendered, latency).await) });
    }
}

/// Serves the requests of one connection, one after the other.
async fn serve(mut stream: TcpStream, rendered: &RenderedContacts, latency: Duration) -> io::Result<()> {
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
        let response = respond(rendered, &input, &request);
        input.advance(request.length);
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        head.clear();
        let length = response.before.len() + response.contacts.len() + response.after.len();
        for part in [
            "HTTP/1.1 ",
            response.status,
            // A time before the first `created_at`, so that an import counts every contact as created.
            "\r\nDate: Mon, 01 Dec 2025 00:00:00 GMT\r\nContent-Type: application/json\r\nContent-Length: ",
            &length.to_string(),
            "\r\n\r\n",
            response.before,
        ] {
            head.extend_from_slice(part.as_bytes());
        }
        stream.write_all_buf(&mut Buf::chain(&head[..], response.contacts).chain(response.after.as_bytes())).await?;
    }
}

/// The lengths of a request in the input.
struct Request {
    /// The length of head and body.
    length: usize,
    /// The length of the request line and the headers.
    head: usize,
}

impl Request {
    /// Returns the lengths of the first request, or `None` if the request is incomplete.
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

struct Response {
    status: &'static str,
    before: &'static str,
    contacts: Bytes,
    after: &'static str,
}

fn respond(rendered: &RenderedContacts, input: &[u8], request: &Request) -> Response {
    let ok = |before, contacts, after| Response { status: "200 OK", before, contacts, after };
    let one = |index| ok(r#"{"status":"OK","contact":"#, rendered.slice(index..index + 1), "}");
    let (line, body) = (input.get(..request.head).unwrap_or_default(), input.get(request.head..request.length));
    let mut words = line.split(|byte| *byte == b' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut target = target.splitn(2, |byte| *byte == b'?');
    let (path, query) = (target.next().unwrap_or_default(), target.next().unwrap_or_default());
    match (method, path) {
        (b"GET", b"/api/v2/contacts") => {
            let start = parameter(query, "created_at_gte").map_or(0, |time| rendered.since(time)) + offset(query);
            let limit = parameter(query, "limit").unwrap_or(100);
            ok("[", rendered.slice(start..start + limit), "]")
        }
        (b"POST", b"/api/v2/contacts") => one(0),
        (b"POST", b"/api/v2/contacts/bulk") => {
            let numbers = Numbers(body.unwrap_or_default());
            let count = numbers.count();
            let first = Numbers(body.unwrap_or_default()).next().and_then(index).unwrap_or(usize::MAX - count);
            ok(r#"{"status":"OK","contacts":["#, rendered.slice(first..first + count), "]}")
        }
        (b"GET", path) => match index(path) {
            Some(index) if index < rendered.len() => one(index),
            _ => Response {
                status: "404 Not Found",
                before: r#"{"status":"ERROR","error_message":"Contact not found","error_code":"NOT_FOUND"}"#,
                contacts: Bytes::new(),
                after: "",
            },
        },
        _ => Response { status: "405 Method Not Allowed", before: "{}", contacts: Bytes::new(), after: "" },
    }
}

fn offset(query: &[u8]) -> usize {
    parameter(query, "offset").unwrap_or(0)
}

/// Returns a query parameter.
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

/// The phone numbers in a request body. The server assumes that they are consecutive.
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
    fn reads_a_request_only_when_it_is_complete() {
        for (request, body) in [(GET, 0), (POST, 24)] {
            let all = [request, GET].concat();
            for length in 0..=all.len() {
                let read = Request::read(&all.as_bytes()[..length]).map(|read| (read.length, read.head));
                let whole = (request.len(), request.len() - body);
                assert_eq!(read, (length >= request.len()).then_some(whole), "{length} of {all:?}");
            }
        }
    }

    /// Returns the responses to a request text that arrives in these parts.
    fn responses(parts: &[&[u8]]) -> io::Result<String> {
        let server = Server::start(Settings { contacts: 3, ..Settings::default() })?;
        let mut stream = TcpStream::connect(server.address())?;
        stream.set_nodelay(true)?;
        for part in parts {
            stream.write_all(part)?;
        }
        stream.shutdown(std::net::Shutdown::Write)?;
        let mut responses = String::new();
        stream.read_to_string(&mut responses)?;
        Ok(responses)
    }

    #[test]
    fn responds_in_order_however_the_requests_are_split() {
        let (get, post) =
            (responses(&[GET.as_bytes()]).expect("a response"), responses(&[POST.as_bytes()]).expect("a response"));
        assert!(
            get.starts_with("HTTP/1.1 200 OK\r\n") && get.ends_with(",\"opt_out\":false,\"verified\":true}]"),
            "{get}"
        );
        assert!(post.contains("\r\n\r\n{\"status\":\"OK\",\"contact\":{"), "{post}");
        let (all, expected) = ([GET, POST, GET].concat(), [&*get, &*post, &*get].concat());
        for at in 0..all.len() {
            let (before, after) = all.as_bytes().split_at(at);
            assert_eq!(responses(&[before, after]).expect("responses"), expected, "split at {at}");
        }
        let bytes: Vec<_> = all.as_bytes().chunks(1).collect();
        assert_eq!(responses(&bytes).expect("responses"), expected);
    }

    #[test]
    fn finds_the_phone_numbers_of_a_body() {
        let numbers = |body: &'static str| Numbers(body.as_bytes()).collect::<Vec<_>>();
        assert_eq!(numbers(r#"{"contacts":[{"phone":"+1","tags":[]},{"phone":"+22"}]}"#), [&b"+1"[..], b"+22"]);
        assert!(numbers(r#"{"contacts":[]}"#).is_empty());
        assert!(numbers(r#"{"contacts":[{"phone":"+1"#).is_empty());
    }
}
