//! The server as a process, so that a client's CPU time excludes the server's.
//!
//! `bench-server CONTACTS` prints its URL, and runs until its standard input ends.

use std::{env, io};

use benches::{
    Result,
    server::{Server, Settings},
};

fn main() -> Result<()> {
    let contacts = env::args().nth(1).ok_or("usage: bench-server CONTACTS")?.parse()?;
    let server = Server::start(Settings { contacts, ..Settings::default() })?;
    println!("{}", server.url());
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}
