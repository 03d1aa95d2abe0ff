//! A raw server, for what no HTTP library would send.

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

/// Answers requests with what it was given, and counts them.
pub(crate) struct Server {
    address: SocketAddr,
    state: Arc<State>,
    task: JoinHandle<()>,
}

/// What follows a request, or a connection.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// These bytes; then the connection is closed.
    Bytes(Vec<u8>),
    /// These bytes; then the next request on the same connection is waited for.
    KeepAlive(Vec<u8>),
    /// These bytes; then, after a time, the connection is closed.
    ThenClose(Vec<u8>, Duration),
    /// These bytes; then the connection is dropped without a word: over TLS, without the alert that ends it.
    #[cfg_attr(not(feature = "rustls"), expect(dead_code, reason = "without TLS it is as `Bytes`"))]
    ThenDrop(Vec<u8>),
    /// These bytes; then the connection is reset.
    ThenReset(Vec<u8>),
    /// These bytes; then nothing more, with the connection open.
    ThenSilence(Vec<u8>),
    /// These bytes, then these others without end.
    Endless(Vec<u8>, Vec<u8>),
    /// These bytes, then these others without end, with a time between them.
    Drip(Vec<u8>, Vec<u8>, Duration),
    /// Not a request: as soon as its first bytes have come, these bytes; then the connection is closed.
    Early(Vec<u8>),
    /// Not a request, not even its beginning: the connection is closed when it is made.
    CloseUnread,
    /// As [`CloseUnread`](Self::CloseUnread), with the connection open.
    SilenceUnread,
}

impl Answer {
    pub(crate) fn bytes(answer: impl AsRef<[u8]>) -> Self {
        Self::Bytes(answer.as_ref().to_vec())
    }

    /// A body with its length before it, on a connection that stays open.
    pub(crate) fn body(status: &str, body: impl AsRef<[u8]>) -> Self {
        Self::KeepAlive(with_length(status, body))
    }
}

/// An answer of HTTP with a body and its length.
pub(crate) fn with_length(status: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// What a server has seen.
struct State {
    /// One answer after another; the last one for all that follow.
    answers: Vec<Answer>,
    counts: watch::Sender<Counts>,
    received: Mutex<Vec<u8>>,
}

#[derive(Default)]
struct Counts {
    connections: usize,
    requests: usize,
    /// Of `answers`.
    given: usize,
    /// Answers that were written to the end, before whatever follows them.
    written: usize,
}

impl State {
    /// The answer that is next.
    fn answer(&self) -> Answer {
        let given = self.counts.borrow().given;
        self.answers[given.min(self.answers.len() - 1)].clone()
    }

    fn count(&self, change: impl FnOnce(&mut Counts)) {
        self.counts.send_modify(change);
    }
}

/// What a connection runs over.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {
    fn tcp(&self) -> &TcpStream;
}

impl Stream for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Server {
    pub(crate) async fn start(answer: Answer) -> Self {
        Self::script([answer]).await
    }

    /// Gives each request the next of these answers, and the last one to all that follow.
    pub(crate) async fn script(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::script_of(|_| answers).await
    }

    /// As [`script`](Self::script), of what is made of the server's own URL.
    pub(crate) async fn script_of<A>(answers: impl FnOnce(&str) -> A) -> Self
    where
        A: IntoIterator<Item = Answer>,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        Self::serve(listener, answers(&url), |stream, state| async move { serve(stream, &state).await })
    }

    /// As [`script`](Self::script), over TLS.
    #[cfg(feature = "rustls")]
    pub(crate) async fn tls(acceptor: tokio_rustls::TlsAcceptor, answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        Self::serve(listener, answers, move |stream, state| {
            let acceptor = acceptor.clone();
            async move {
                if let Answer::CloseUnread | Answer::SilenceUnread = state.answer() {
                    serve(stream, &state).await;
                } else if let Ok(stream) = acceptor.accept(stream).await {
                    serve(stream, &state).await;
                }
            }
        })
    }

    fn serve<F>(
        listener: TcpListener,
        answers: impl IntoIterator<Item = Answer>,
        handle: impl Fn(TcpStream, Arc<State>) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let address = listener.local_addr().expect("bound");
        let state = Arc::new(State {
            answers: answers.into_iter().collect(),
            counts: watch::Sender::default(),
            received: Mutex::default(),
        });
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            // The connections end with the server.
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                shared.count(|counts| counts.connections += 1);
                connections.spawn(handle(stream, Arc::clone(&shared)));
                while connections.try_join_next().is_some() {}
            }
        });
        Self { address, state, task }
    }

    pub(crate) async fn bytes(answer: impl AsRef<[u8]>) -> Self {
        Self::start(Answer::bytes(answer)).await
    }

    /// Takes the server away, and keeps its port from others: as long as what this gives is there, connections are refused.
    pub(crate) async fn gone(self) -> TcpSocket {
        let address = self.address;
        drop(self);
        for _ in 0..1000 {
            let socket = TcpSocket::new_v4().expect("a socket");
            // There may still be connections of the server's.
            socket.set_reuseaddr(true).expect("allowed");
            if socket.bind(address).is_ok() {
                return socket;
            }
            // The task that listens ends when it is its turn.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("the port stays in use");
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn client(&self) -> ClientBuilder {
        let credentials = Credentials::key_pair("key", "secret").expect("valid");
        Client::builder().credentials(credentials).base_url(self.url())
    }

    /// How many whole requests have arrived.
    pub(crate) fn requests(&self) -> usize {
        self.state.counts.borrow().requests
    }

    pub(crate) fn connections(&self) -> usize {
        self.state.counts.borrow().connections
    }

    /// All that has arrived; over TLS, what was in it.
    pub(crate) fn received(&self) -> Vec<u8> {
        self.state.received.lock().expect("no panic").clone()
    }

    /// Waits until so many connections have been made.
    #[cfg(feature = "rustls")]
    pub(crate) async fn connected(&self, connections: usize) {
        self.until(|counts| counts.connections >= connections).await;
    }

    /// Waits until so many requests have arrived.
    pub(crate) async fn requested(&self, requests: usize) {
        self.until(|counts| counts.requests >= requests).await;
    }

    /// Waits until so many answers have been written.
    pub(crate) async fn answered(&self, answers: usize) {
        self.until(|counts| counts.written >= answers).await;
    }

    async fn until(&self, reached: impl FnMut(&Counts) -> bool) {
        let mut counts = self.state.counts.subscribe();
        let reached = tokio::time::timeout(Duration::from_secs(30), counts.wait_for(reached)).await;
        reached.expect("it does not come to that").expect("the sender is here");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: impl Stream, state: &State) {
    let unread = state.answer();
    if let Answer::CloseUnread | Answer::SilenceUnread = unread {
        state.count(|counts| counts.given += 1);
        if let Answer::SilenceUnread = unread {
            silence().await;
        }
        return;
    }
    loop {
        let mut received = Vec::new();
        while !is_whole(&received) {
            let mut chunk = [0; 4096];
            match stream.read(&mut chunk).await {
                Ok(0) | Err(_) => return,
                Ok(length) => {
                    received.extend_from_slice(&chunk[..length]);
                    state.received.lock().expect("no panic").extend_from_slice(&chunk[..length]);
                }
            }
            if let Answer::Early(bytes) = state.answer() {
                state.count(|counts| counts.given += 1);
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
                return;
            }
        }
        let answer = state.answer();
        state.count(|counts| {
            counts.requests += 1;
            counts.given += 1;
        });
        if !give(&mut stream, answer, state).await {
            return;
        }
    }
}

/// Answers a request; `true` if another may follow. That the client has gone is not the server's concern.
async fn give(stream: &mut impl Stream, answer: Answer, state: &State) -> bool {
    let (Answer::Bytes(bytes)
    | Answer::KeepAlive(bytes)
    | Answer::ThenClose(bytes, _)
    | Answer::ThenDrop(bytes)
    | Answer::ThenReset(bytes)
    | Answer::ThenSilence(bytes)
    | Answer::Endless(bytes, _)
    | Answer::Drip(bytes, ..)
    | Answer::Early(bytes)) = &answer
    else {
        return false;
    };
    let _ = stream.write_all(bytes).await;
    let _ = stream.flush().await;
    state.count(|counts| counts.written += 1);
    match answer {
        Answer::KeepAlive(_) => return true,
        Answer::ThenReset(_) => {
            let _ = stream.tcp().set_zero_linger();
        }
        Answer::ThenSilence(_) => silence().await,
        Answer::Endless(_, more) => while stream.write_all(&more).await.is_ok() {},
        Answer::Drip(_, more, pause) => {
            while stream.write_all(&more).await.is_ok() && stream.flush().await.is_ok() {
                tokio::time::sleep(pause).await;
            }
        }
        Answer::ThenClose(_, pause) => {
            tokio::time::sleep(pause).await;
            let _ = stream.shutdown().await;
        }
        Answer::Bytes(_) => {
            let _ = stream.shutdown().await;
        }
        _ => {}
    }
    false
}

/// Longer than any test.
async fn silence() {
    tokio::time::sleep(Duration::from_secs(600)).await;
}

/// Whether a request has arrived with its body.
fn is_whole(received: &[u8]) -> bool {
    let text = String::from_utf8_lossy(received).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    body.len() >= length
}
