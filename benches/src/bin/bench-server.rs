//! The server as a process of its own, so that what is counted of another process is the client alone.
//!
//! `bench-server CONTACTS [LATENCY_MS]` prints its address, and runs until its standard input ends. It answers each
//! line with the number of connections that have been made to it.

use std::{
    env,
    io::{self, BufRead as _},
    time::Duration,
};

use benches::{
    Result,
    server::{Server, Settings},
};

fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let contacts = arguments.next().ok_or("usage: bench-server CONTACTS [LATENCY_MS]")?.parse()?;
    let latency = Duration::from_millis(arguments.next().map_or(Ok(0), |latency| latency.parse())?);
    let server = Server::start(Settings { contacts, latency })?;
    println!("{}", server.url());
    for line in io::stdin().lock().lines() {
        line?;
        println!("{}", server.connections());
    }
    Ok(())
}
