//! A sandbox in a process of its own, since nothing here depends on the library.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use crate::command::{Failure, not_run};

/// Ends with its handle.
pub struct Sandbox {
    process: Child,
    pub url: String,
    key: String,
    secret: String,
}

impl Sandbox {
    /// Runs the example `sandbox` by this command, with so many contacts.
    pub fn start(command: &mut Command, contacts: u64) -> Result<Self, Failure> {
        command.args(["--port", "0", "--contacts", &contacts.to_string()]).stdout(Stdio::piped());
        let mut process = command.spawn().map_err(|error| not_run("the sandbox", &error))?;
        let lines = process.stdout.take().into_iter().flat_map(|output| BufReader::new(output).lines());
        let mut lines = lines.map_while(Result::ok);
        // As in `listening on http://127.0.0.1:4010` and `sb-api-key-id: sandbox-key`.
        let mut next = || lines.next()?.rsplit(' ').next().map(String::from);
        let mut sandbox = Self { process, url: String::new(), key: String::new(), secret: String::new() };
        let (Some(url), Some(key), Some(secret)) = (next(), next(), next()) else {
            return Err(Failure::Task("the sandbox does not start".into()));
        };
        (sandbox.url, sandbox.key, sandbox.secret) = (url, key, secret);
        Ok(sandbox)
    }

    /// Gives a program the credentials that it accepts, in place of the caller's own.
    pub fn admit(&self, command: &mut Command) {
        command.env_remove("SENDBLUE_API_BEARER_TOKEN");
        command.env("SENDBLUE_API_API_KEY", &self.key).env("SENDBLUE_API_API_SECRET", &self.secret);
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
