//! A small HTTP server on this machine, that answers as a test tells it to.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A request: its target and its header lines.
#[derive(Clone, Debug)]
pub struct Asked {
    pub target: String,
    pub headers: Vec<String>,
}

impl Asked {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.headers.iter().filter_map(|h| h.split_once(": "));
        let mut found = lines.filter(|(n, _)| n.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value)
    }
}

/// What the server answers.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A status and a body.
    Status(u16, String),
    /// A status, a header line (or more, with `\r\n` between them) and a body.
    With(u16, String, String),
    /// Half of a body that was announced whole.
    Truncated(String),
    /// Nothing, for a while.
    Slow(Duration),
}

pub fn ok(body: impl Into<String>) -> Answer {
    Answer::Status(200, body.into())
}

/// A running server. It ends with the test's process.
#[derive(Debug)]
pub struct Server {
    pub address: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Starts a server on a free port.
    pub fn start(answer: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let all = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                serve(stream.unwrap(), &all, &answer);
            }
        });
        Server { address, asked }
    }

    /// All requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, all: &Mutex<Vec<Asked>>, answer: &dyn Fn(&Asked, usize) -> Answer) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let Some(Ok(first)) = lines.next() else {
        return;
    };
    let headers = lines.map_while(Result::ok).take_while(|l| !l.is_empty());
    let asked = Asked {
        target: first.split(' ').nth(1).unwrap_or_default().to_owned(),
        headers: headers.collect(),
    };
    let number = {
        let mut all = all.lock().unwrap();
        all.push(asked.clone());
        all.len()
    };
    let (status, header, body, length) = match answer(&asked, number) {
        Answer::Status(status, body) => (status, String::new(), body.clone(), body.len()),
        Answer::With(status, header, body) => {
            (status, format!("{header}\r\n"), body.clone(), body.len())
        }
        Answer::Truncated(body) => {
            let half = body[..body.len() / 2].to_owned();
            (200, String::new(), half, body.len())
        }
        Answer::Slow(time) => {
            std::thread::sleep(time);
            return;
        }
    };
    let kind = match header.starts_with("Content-Type") {
        true => "",
        false => "Content-Type: application/json\r\n",
    };
    let head = format!(
        "HTTP/1.1 {status} X\r\n{kind}{header}Content-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    // The client may have gone.
    let _ = stream.write_all(format!("{head}{body}").as_bytes());
}
