//! Requests over loopback, so many a second or as many as go, and how long each took.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

/// One request, made over and over.
#[derive(Clone, Copy)]
pub(super) struct Load<'a> {
    /// `127.0.0.1:PORT`.
    pub(super) address: &'a str,
    pub(super) model: &'a str,
    pub(super) connections: u32,
}

/// How long each of many requests took, in order of length.
pub(super) struct Times(Vec<Duration>);

impl Times {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// What so many of a thousand do not take longer than.
    pub(super) fn at(&self, per_mille: usize) -> Duration {
        let place = self.0.len() * per_mille / 1000;
        self.0
            .get(place.min(self.0.len().saturating_sub(1)))
            .copied()
            .unwrap_or_default()
    }
}

impl Load<'_> {
    /// So many requests a second for a time. A request that comes late since the one before took too long is timed from when it
    /// was due.
    pub(super) fn at_rate(self, per_second: u32, time: Duration) -> Result<Times, String> {
        let gap = Duration::from_secs(1) / per_second;
        let begin = Instant::now() + Duration::from_millis(50);
        self.on_all(move |number, client| {
            let mut times = Vec::new();
            let mut due = begin + gap * number;
            while due < begin + time {
                let early = due.saturating_duration_since(Instant::now());
                thread::sleep(early);
                // A timer that woke late is not the server's doing.
                let from = if early.is_zero() { due } else { Instant::now() };
                client.ask()?;
                times.push(from.elapsed());
                due += gap * self.connections;
            }
            Ok(times)
        })
    }

    /// As many requests as go, one after the other on each connection.
    pub(super) fn flat_out(self, time: Duration) -> Result<Times, String> {
        self.on_all(move |_, client| {
            let (begin, mut times) = (Instant::now(), Vec::new());
            while begin.elapsed() < time {
                let from = Instant::now();
                client.ask()?;
                times.push(from.elapsed());
            }
            Ok(times)
        })
    }

    fn on_all(
        self,
        ask: impl Fn(u32, &mut Client) -> Result<Vec<Duration>, String> + Sync,
    ) -> Result<Times, String> {
        let clients = (0..self.connections).map(|_| Client::connect(self.address, self.model));
        let clients = clients.collect::<Result<Vec<_>, _>>()?;
        let ask = &ask;
        let times: Result<Vec<_>, String> = thread::scope(|scope| {
            let threads: Vec<_> = clients
                .into_iter()
                .zip(0..)
                .map(|(mut client, number)| scope.spawn(move || ask(number, &mut client)))
                .collect();
            let done = threads.into_iter().map(|thread| {
                let times = thread.join();
                times.map_err(|_| "a client broke off".to_owned())?
            });
            done.collect()
        });
        Ok(Times::of(times?.concat()))
    }
}

/// A connection that one request after the other is made on.
pub(super) struct Client {
    stream: TcpStream,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Client {
    pub(super) fn connect(address: &str, model: &str) -> Result<Self, String> {
        let stream = TcpStream::connect(address).map_err(|error| format!("{address}: {error}"))?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        // 1 KB, as most requests in benchmarks of gateways.
        let prompt = format!("Reply with exactly: pong {}", "x".repeat(900));
        let body = format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":"{prompt}"}}]}}"#);
        let request = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        Ok(Self {
            stream,
            request: request.into_bytes(),
            answer: vec![0; 64 * 1024],
        })
    }

    /// One request and its whole answer.
    pub(super) fn ask(&mut self) -> Result<(), String> {
        let shown = |error: std::io::Error| format!("a request: {error}");
        self.stream.write_all(&self.request).map_err(shown)?;
        let mut length = 0;
        loop {
            let read = self.stream.read(&mut self.answer[length..]).map_err(shown)?;
            length += read;
            let answer = &self.answer[..length];
            if let Some(whole) = whole_length(answer)
                && whole <= length
            {
                if answer.starts_with(b"HTTP/1.1 200") {
                    return Ok(());
                }
                return Err(String::from_utf8_lossy(answer).into_owned());
            }
            if read == 0 {
                return Err("the connection broke off".to_owned());
            }
        }
    }
}

/// How long a response is with its head, once the head is there.
fn whole_length(answer: &[u8]) -> Option<usize> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))?;
    Some(end + length.trim().parse::<usize>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_its_body_is_there() {
        assert_eq!(whole_length(b"HTTP/1.1 200 OK\r\ncontent-le"), None);
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
        assert_eq!(whole_length(head), Some(head.len() + 5));
    }

    #[test]
    fn times_are_told_by_their_share() {
        let times = Times::of((1..=1000).rev().map(Duration::from_micros).collect());
        assert_eq!(times.at(500), Duration::from_micros(501));
        assert_eq!(times.at(990), Duration::from_micros(991));
        assert_eq!(times.at(1000), Duration::from_micros(1000));
        assert_eq!(Times::of(Vec::new()).at(500), Duration::ZERO);
    }
}
