//! The thread that serves a sandbox.

use std::{
    convert::Infallible,
    fmt, io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::mpsc,
    thread::{self, JoinHandle},
};

use axum::{Router, serve::ListenerExt};
use tokio::{runtime, sync::oneshot};

/// An HTTP server with its own thread and runtime, which stops when it is dropped.
pub(super) struct Server {
    address: SocketAddr,
    /// Dropping this sender stops the thread. It never sends a message.
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Server {
    pub(super) fn start(port: u16, router: Router) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let (ready, started) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("sendblue-sandbox".into())
            .spawn(move || run(listener, router, stopped, ready))?;
        let server = Self { address, stop: Some(stop), thread: Some(thread) };
        match started.recv() {
            Ok(()) => Ok(server),
            Err(_) => Err(server.stop().err().unwrap_or_else(|| io::Error::other("the sandbox thread did not start"))),
        }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    fn stop(mut self) -> io::Result<()> {
        self.join()
    }

    fn join(&mut self) -> io::Result<()> {
        drop(self.stop.take());
        let result = self.thread.take().map(JoinHandle::join);
        result.unwrap_or(Ok(Ok(()))).unwrap_or_else(|_| Err(io::Error::other("the sandbox thread panicked")))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.join();
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

fn run(
    listener: TcpListener,
    router: Router,
    stopped: oneshot::Receiver<Infallible>,
    ready: mpsc::Sender<()>,
) -> io::Result<()> {
    // This thread owns and drops the runtime, because tokio panics if async code drops a runtime.
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let _entered = runtime.enter();
    // Nagle's algorithm would delay small responses.
    let listener = tokio::net::TcpListener::from_std(listener)?.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    runtime.spawn(axum::serve(listener, router).into_future());
    let _ = ready.send(());
    let _ = runtime.block_on(stopped);
    // Dropping the runtime closes every connection.
    Ok(())
}
