//! A scripted TCP server, which can send bytes that no HTTP library would send.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use sendblue_contacts::{Client, ClientBuilder, Credentials};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// A server that performs one scripted action for each request, and counts the requests.
pub(crate) struct Server {
    address: SocketAddr,
    state: Arc<State>,
    task: JoinHandle<()>,
}

/// An action of the server for one request or connection.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// Sends the bytes and closes the connection.
    SendAndClose(Vec<u8>),
    /// Sends the bytes and reads the next request on the same connection.
    SendAndKeepAlive(Vec<u8>),
    /// Sends the bytes, waits and closes the connection.
    SendAndCloseAfter(Vec<u8>, Duration),
    /// Sends the bytes and drops the connection. Over TLS, the server sends no `close_notify` alert.
    #[cfg_attr(not(feature = "rustls"), expect(dead_code, reason = "without TLS it equals `SendAndClose`"))]
    SendAndDrop(Vec<u8>),
    /// Sends the bytes and resets the connection.
    SendAndReset(Vec<u8>),
    /// Sends the bytes and leaves the connection open.
    SendAndHang(Vec<u8>),
    /// Sends the first bytes once, then the second bytes without end.
    SendEndlessly(Vec<u8>, Vec<u8>),
    /// Sends the first bytes once, then the second bytes without end, with a pause after each time.
    SendSlowly(Vec<u8>, Vec<u8>, Duration),
    /// Sends the bytes before the request is complete, and closes the connection.
    SendEarly(Vec<u8>),
    /// Closes the connection without reading from it.
    CloseUnread,
    /// Leaves the connection open without reading from it.
    HangUnread,
}

impl Action {
    pub(crate) fn send_and_close(bytes: impl AsRef<[u8]>) -> Self {
        Self::SendAndClose(bytes.as_ref().to_vec())
    }

    /// Sends a response with `content-length` and keeps the connection alive.
    pub(crate) fn respond(status: &str, body: impl AsRef<[u8]>) -> Self {
        Self::SendAndKeepAlive(http_response(status, body))
    }
}

/// Returns the bytes of an HTTP response with `content-length`.
pub(crate) fn http_response(status: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

struct State {
    /// The actions in order. The last action repeats.
    script: Vec<Action>,
    counts: watch::Sender<Counts>,
    received: Mutex<Vec<u8>>,
}

#[derive(Default)]
struct Counts {
    connections: usize,
    requests: usize,
    /// The number of actions that have started.
    actions: usize,
    /// The number of actions that have sent their bytes.
    sent: usize,
}

impl State {
    fn next_action(&self) -> Action {
        let started = self.counts.borrow().actions;
        self.script[started.min(self.script.len() - 1)].clone()
    }

    fn count(&self, change: impl FnOnce(&mut Counts)) {
        self.counts.send_modify(change);
    }
}

/// A TCP or TLS connection.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {
    fn tcp(&self) -> &TcpStream;
}

impl Stream for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Server {
    /// Starts a server that performs the same action for every request.
    pub(crate) async fn start(action: Action) -> Self {
        Self::script([action]).await
    }

    /// Starts a server that performs the next action for each request, and then repeats the last action.
    pub(crate) async fn script(actions: impl IntoIterator<Item = Action>) -> Self {
        Self::script_with_url(|_| actions).await
    }

    /// Like [`script`](Self::script), with actions that depend on the server's URL.
    pub(crate) async fn script_with_url<A>(actions: impl FnOnce(&str) -> A) -> Self
    where
        A: IntoIterator<Item = Action>,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        Self::serve(listener, actions(&url), |stream, state| async move { serve(stream, &state).await })
    }

    /// Like [`script`](Self::script), over TLS.
    #[cfg(feature = "rustls")]
    pub(crate) async fn tls(acceptor: tokio_rustls::TlsAcceptor, actions: impl IntoIterator<Item = Action>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        Self::serve(listener, actions, move |stream, state| {
            let acceptor = acceptor.clone();
            async move {
                if let Action::CloseUnread | Action::HangUnread = state.next_action() {
                    serve(stream, &state).await;
                } else if let Ok(stream) = acceptor.accept(stream).await {
                    serve(stream, &state).await;
                }
            }
        })
    }

    fn serve<F>(
        listener: TcpListener,
        actions: impl IntoIterator<Item = Action>,
        handle: impl Fn(TcpStream, Arc<State>) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let address = listener.local_addr().expect("bound");
        let state = Arc::new(State {
            script: actions.into_iter().collect(),
            counts: watch::Sender::default(),
            received: Mutex::default(),
        });
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            // Dropping the set closes the connections when the server stops.
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                shared.count(|counts| counts.connections += 1);
                connections.spawn(handle(stream, Arc::clone(&shared)));
                while connections.try_join_next().is_some() {}
            }
        });
        Self { address, state, task }
    }

    /// Starts a server that sends the bytes and closes the connection.
    pub(crate) async fn send_and_close(bytes: impl AsRef<[u8]>) -> Self {
        Self::start(Action::send_and_close(bytes)).await
    }

    /// Stops the server and reserves its port. Until the socket is dropped, the port refuses connections.
    pub(crate) async fn refuse_connections(self) -> TcpSocket {
        let address = self.address;
        drop(self);
        for _ in 0..1000 {
            let socket = TcpSocket::new_v4().expect("a socket");
            // Connections of the server may still use the port.
            socket.set_reuseaddr(true).expect("allowed");
            if socket.bind(address).is_ok() {
                return socket;
            }
            // The aborted task closes the listener when the runtime next polls it.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("the port is still in use");
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn client(&self) -> ClientBuilder {
        let credentials = Credentials::key_pair("key", "secret").expect("valid");
        Client::builder().credentials(credentials).base_url(self.url())
    }

    /// Returns the number of complete requests.
    pub(crate) fn requests(&self) -> usize {
        self.state.counts.borrow().requests
    }

    pub(crate) fn connections(&self) -> usize {
        self.state.counts.borrow().connections
    }

    /// Returns all received bytes, decrypted.
    pub(crate) fn received(&self) -> Vec<u8> {
        self.state.received.lock().expect("no panic").clone()
    }

    /// Waits until the server has accepted this many connections.
    #[cfg(feature = "rustls")]
    pub(crate) async fn wait_for_connections(&self, connections: usize) {
        self.until(|counts| counts.connections >= connections).await;
    }

    /// Waits until the server has read this many complete requests.
    pub(crate) async fn wait_for_requests(&self, requests: usize) {
        self.until(|counts| counts.requests >= requests).await;
    }

    /// Waits until this many actions have sent their bytes.
    pub(crate) async fn wait_for_sent(&self, actions: usize) {
        self.until(|counts| counts.sent >= actions).await;
    }

    async fn until(&self, reached: impl FnMut(&Counts) -> bool) {
        let mut counts = self.state.counts.subscribe();
        let reached = tokio::time::timeout(Duration::from_secs(30), counts.wait_for(reached)).await;
        reached.expect("the count was not reached within 30 s").expect("the state owns the sender");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: impl Stream, state: &State) {
    let action = state.next_action();
    if let Action::CloseUnread | Action::HangUnread = action {
        state.count(|counts| counts.actions += 1);
        if let Action::HangUnread = action {
            hang().await;
        }
        return;
    }
    loop {
        let mut received = Vec::new();
        while !is_complete(&received) {
            let mut chunk = [0; 4096];
            match stream.read(&mut chunk).await {
                Ok(0) | Err(_) => return,
                Ok(length) => {
                    received.extend_from_slice(&chunk[..length]);
                    state.received.lock().expect("no panic").extend_from_slice(&chunk[..length]);
                }
            }
            if let Action::SendEarly(bytes) = state.next_action() {
                state.count(|counts| counts.actions += 1);
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
                return;
            }
        }
        let action = state.next_action();
        state.count(|counts| {
            counts.requests += 1;
            counts.actions += 1;
        });
        if !perform(&mut stream, action, state).await {
            return;
        }
    }
}

/// Performs an action and returns whether to read another request.
///
/// Write errors are ignored, because the client may have disconnected.
async fn perform(stream: &mut impl Stream, action: Action, state: &State) -> bool {
    let (Action::SendAndClose(bytes)
    | Action::SendAndKeepAlive(bytes)
    | Action::SendAndCloseAfter(bytes, _)
    | Action::SendAndDrop(bytes)
    | Action::SendAndReset(bytes)
    | Action::SendAndHang(bytes)
    | Action::SendEndlessly(bytes, _)
    | Action::SendSlowly(bytes, ..)
    | Action::SendEarly(bytes)) = &action
    else {
        return false;
    };
    let _ = stream.write_all(bytes).await;
    let _ = stream.flush().await;
    state.count(|counts| counts.sent += 1);
    match action {
        Action::SendAndKeepAlive(_) => return true,
        Action::SendAndReset(_) => {
            let _ = stream.tcp().set_zero_linger();
        }
        Action::SendAndHang(_) => hang().await,
        Action::SendEndlessly(_, more) => while stream.write_all(&more).await.is_ok() {},
        Action::SendSlowly(_, more, pause) => {
            while stream.write_all(&more).await.is_ok() && stream.flush().await.is_ok() {
                tokio::time::sleep(pause).await;
            }
        }
        Action::SendAndCloseAfter(_, pause) => {
            tokio::time::sleep(pause).await;
            let _ = stream.shutdown().await;
        }
        Action::SendAndClose(_) => {
            let _ = stream.shutdown().await;
        }
        _ => {}
    }
    false
}

/// Waits longer than any test runs.
async fn hang() {
    tokio::time::sleep(Duration::from_secs(600)).await;
}

/// Returns whether `received` contains a request head and the whole body.
pub(crate) fn is_complete(received: &[u8]) -> bool {
    let text = String::from_utf8_lossy(received).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    body.len() >= length
}
