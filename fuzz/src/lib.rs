//! The harness of the fuzz targets: makes calls whose responses contain the fuzzer's bytes.
//!
//! The public API decodes a body or a header only as part of a call. So a thread of the same process serves the
//! responses over one loopback connection, at about a thousand calls per second.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use sendblue_contacts::{Client, Contacts, Credentials};
use tokio::runtime::{Builder, Runtime};

/// A client and its server.
pub struct Harness {
    runtime: Runtime,
    contacts: Contacts,
    response: Arc<Mutex<Vec<u8>>>,
}

impl Harness {
    /// Starts the server.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let response = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&response);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let response = Arc::clone(&shared);
                thread::spawn(move || serve(stream, &response));
            }
        });
        let credentials = Credentials::key_pair("key", "secret").expect("valid");
        let client = Client::builder().credentials(credentials).base_url(url).max_retries(0).build().expect("valid");
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { runtime, contacts: client.contacts(), response }
    }

    /// Makes a call. The server responds with this status, these headers and this body. `headers` are complete lines.
    pub fn call<T>(&self, status: u16, headers: &[u8], body: &[u8], call: impl AsyncFnOnce(&Contacts) -> T) -> T {
        let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
        *self.response.lock().unwrap_or_else(PoisonError::into_inner) =
            [head.as_bytes(), headers, b"\r\n", body].concat();
        self.runtime.block_on(call(&self.contacts))
    }
}

/// Responds to the requests of a connection until the client closes it.
fn serve(mut stream: TcpStream, response: &Mutex<Vec<u8>>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut requests = BufReader::new(stream.try_clone().ok()?);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if requests.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            if line == "\r\n" {
                break;
            }
        }
        requests.read_exact(&mut vec![0; length]).ok()?;
        let response = response.lock().unwrap_or_else(PoisonError::into_inner).clone();
        stream.write_all(&response).ok()?;
    }
}
