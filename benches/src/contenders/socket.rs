//! A TCP socket without an HTTP client. It measures the cost of the server and the operating system.

use std::{net::SocketAddr, sync::Arc};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Mutex,
};

use super::{Consumer, Contender, KEY_ID, SECRET_KEY, unsupported};
use crate::{Result, dataset::Row};

/// A pool with one connection for each request in flight.
#[derive(Clone)]
pub struct Socket {
    address: SocketAddr,
    idle: Arc<Mutex<Vec<Connection>>>,
}

struct Connection {
    stream: TcpStream,
    response: Vec<u8>,
}

impl Socket {
    /// Sends a request and reads the response. Parses only the `Content-Length`.
    async fn get(&self, target: &str) -> Result<()> {
        let request = format!(
            "GET {target} HTTP/1.1\r\nhost: {}\r\nsb-api-key-id: {KEY_ID}\r\nsb-api-secret-key: {SECRET_KEY}\r\n\
             accept: application/json\r\nuser-agent: sendblue-contacts/0.1.0\r\n\r\n",
            self.address
        );
        let idle = self.idle.lock().await.pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => {
                let stream = TcpStream::connect(self.address).await?;
                stream.set_nodelay(true)?;
                Connection { stream, response: vec![0; 512 * 1024] }
            }
        };
        connection.stream.write_all(request.as_bytes()).await?;
        connection.receive().await?;
        self.idle.lock().await.push(connection);
        Ok(())
    }
}

impl Connection {
    async fn receive(&mut self) -> Result<()> {
        const LENGTH: &[u8] = b"Content-Length: ";
        const END: &[u8] = b"\r\n\r\n";

        let (mut received, mut expected) = (0, None);
        while expected.is_none_or(|expected| received < expected) {
            let room = self.response.get_mut(received..).unwrap_or_default();
            let more = self.stream.read(room).await?;
            if more == 0 {
                return Err("the response is truncated or larger than the buffer".into());
            }
            received += more;
            if expected.is_none() {
                let response = self.response.get(..received).unwrap_or_default();
                expected =
                    memchr::memmem::find(response, END).zip(memchr::memmem::find(response, LENGTH)).map(|(end, at)| {
                        let digits = response.iter().skip(at + LENGTH.len()).take_while(|byte| byte.is_ascii_digit());
                        end + END.len() + digits.fold(0, |length, digit| length * 10 + usize::from(digit - b'0'))
                    });
            }
        }
        Ok(())
    }
}

impl Contender for Socket {
    const NAME: &'static str = "socket";

    fn new(url: &str) -> Result<Self> {
        let address = url.strip_prefix("http://").ok_or("the URL is no HTTP address")?.parse()?;
        Ok(Self { address, idle: Arc::default() })
    }

    async fn retrieve(&self, number: &str) -> Result<usize> {
        self.get(&format!("/api/v2/contacts/{number}")).await.map(|()| 1)
    }

    async fn not_found(&self, number: &str) -> Result<usize> {
        self.get(&format!("/api/v2/contacts/{number}")).await.map(|()| 0)
    }

    async fn list(&self, limit: u32) -> Result<usize> {
        self.get(&format!("/api/v2/contacts?limit={limit}")).await.map(|()| limit as usize)
    }

    async fn create(&self, _: &Row) -> Result<usize> {
        unsupported(Self::NAME)
    }

    async fn create_all(&self, _: &[Row]) -> Result<usize> {
        unsupported(Self::NAME)
    }

    async fn walk(&self, _: Consumer, _: bool) -> Result<usize> {
        unsupported(Self::NAME)
    }

    async fn import(&self, _: impl Iterator<Item = Row> + Send + 'static) -> Result<usize> {
        unsupported(Self::NAME)
    }
}
