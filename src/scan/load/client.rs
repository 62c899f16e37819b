//! Requests to a server: with its token, within limits, again where that may help.

use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};
use ureq::Body;
use ureq::http::{HeaderMap, Response, StatusCode};
use ureq::tls::TlsConfig;

use super::Filling;
use crate::environment::without_proxy_credentials;
use crate::model::Address;
use crate::scan::certificates::roots;

/// Most bytes of all answers together.
const MOST_BYTES: u64 = 256 * 1024 * 1024;
/// Most bytes of an answer that is no result, of which only what it says is read.
const MOST_BYTES_OF_A_REFUSAL: u64 = 64 * 1024;
/// Most characters of what a server says that are shown.
const MOST_SHOWN: usize = 200;
/// Most requests for one scanner.
const MOST_REQUESTS: usize = 1_000;
/// Most redirects after one another.
const MOST_REDIRECTS: usize = 5;
/// How often a request is tried.
const TRIES: u32 = 4;
/// The longest pause before another try. Who is asked to wait longer gives up at once.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What asks a server for everything that one scanner needs.
pub(super) struct Client<'a> {
    agent: ureq::Agent,
    filling: &'a Filling,
    until: Instant,
    bytes: u64,
    requests: usize,
}

/// What a server answered.
pub(super) struct Answer {
    /// The body.
    pub body: Vec<u8>,
    /// The header lines, with names in lower case.
    pub headers: Value,
    /// The address of the next page, from the header line `Link` (RFC 8288).
    pub next: Option<String>,
}

/// Why there is no answer, in words for people.
#[derive(Debug)]
pub(super) enum Failure {
    /// The server does not know what was asked for.
    NotFound(String),
    /// Anything else.
    Other(String),
}

impl Failure {
    pub(super) fn into_words(self) -> String {
        match self {
            Failure::NotFound(why) | Failure::Other(why) => why,
        }
    }
}

impl From<String> for Failure {
    fn from(why: String) -> Failure {
        Failure::Other(why)
    }
}

/// What became of one try.
enum Tried {
    Answered(Answer),
    Redirected(String),
    /// It may go better next time, perhaps after a pause that the server asks for.
    Again(String, Option<Duration>),
    Refused(Failure),
}

fn refused(why: String) -> Tried {
    Tried::Refused(Failure::Other(why))
}

impl<'a> Client<'a> {
    /// Prepares requests that end after `timeout`.
    pub(super) fn new(filling: &'a Filling, timeout: Duration) -> Result<Client<'a>, String> {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .tls_config(TlsConfig::builder().root_certs(roots()?).build())
            .user_agent(concat!("newgate/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Ok(Client {
            agent,
            filling,
            until: Instant::now() + timeout,
            bytes: 0,
            requests: 0,
        })
    }

    /// One answer, after as many tries and redirects as are allowed.
    pub(super) fn get(&mut self, url: &str, headers: &[String]) -> Result<Answer, Failure> {
        let mut url = url.to_owned();
        let home = Address::parse(&url);
        let mut redirects = 0;
        let mut tries = 0;
        loop {
            // The token is for the server that was named, not for one that it sends us to.
            let now = Address::parse(&url);
            let with_token = now.is_some() && now == home;
            self.requests += 1;
            if self.requests > MOST_REQUESTS {
                return Err(format!("it has more than {MOST_REQUESTS} pages").into());
            }
            match self.once(&url, headers, with_token) {
                Tried::Answered(answer) => return Ok(answer),
                Tried::Redirected(to) => {
                    redirects += 1;
                    if redirects > MOST_REDIRECTS {
                        let why = format!("it redirects more than {MOST_REDIRECTS} times");
                        return Err(why.into());
                    }
                    url = absolute(&url, &to)?;
                    may_redirect(home.as_ref(), &url)?;
                }
                Tried::Refused(why) => return Err(why),
                Tried::Again(why, asked) => {
                    tries += 1;
                    let pause = asked.unwrap_or(Duration::from_millis(250 << tries));
                    if pause > LONGEST_PAUSE {
                        let seconds = pause.as_secs();
                        return Err(format!("{why}; it asks to wait {seconds} s").into());
                    }
                    if tries >= TRIES || Instant::now() + pause >= self.until {
                        let times = match tries {
                            1 => "once".to_owned(),
                            _ => format!("{tries} times"),
                        };
                        return Err(format!("{why} (tried {times})").into());
                    }
                    std::thread::sleep(pause);
                }
            }
        }
    }

    fn once(&mut self, url: &str, headers: &[String], with_token: bool) -> Tried {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return refused("it takes too long; raise `timeout` in its `load` table".into());
        }
        let address = Address::parse(url);
        let mut config = self.agent.get(url).config().timeout_global(Some(left));
        if address.as_ref().is_some_and(Address::is_this_machine) {
            // A proxy would get the token without encryption.
            config = config.proxy(None);
        }
        let mut request = config.build();
        for line in headers {
            let line = match (&self.filling.token, line.contains("{token}")) {
                (_, false) => line.clone(),
                (Some(token), true) if with_token => line.replace("{token}", token.trim()),
                _ => continue,
            };
            if let Some((name, value)) = line.split_once(':') {
                request = request.header(name.trim(), value.trim());
            }
        }
        let host = address.map_or_else(|| url.to_owned(), |a| a.to_string());
        let answer = match request.call() {
            Ok(answer) => answer,
            Err(ureq::Error::Timeout(_)) => {
                return refused(format!("{host} did not answer in time"));
            }
            // A certificate that is not valid now will not be soon.
            Err(ureq::Error::Io(e)) if e.kind() == ErrorKind::InvalidData => {
                return refused(format!(
                    "{host} cannot be reached safely: {e} (`SSL_CERT_FILE` names the certificates of your own authority)"
                ));
            }
            Err(e) => {
                let why = without_proxy_credentials(&e.to_string());
                return Tried::Again(format!("{host} cannot be reached: {why}"), None);
            }
        };
        let status = answer.status();
        if status.is_redirection() {
            return match header(answer.headers(), "location") {
                Some(to) => Tried::Redirected(to.to_owned()),
                None => refused(format!("{host} answered {status}")),
            };
        }
        match status {
            StatusCode::OK => self.read(&host, answer),
            _ => self.not_ok(&host, answer),
        }
    }

    /// What to do about an answer without results.
    fn not_ok(&self, host: &str, answer: Response<Body>) -> Tried {
        let status = answer.status();
        let asked = pause_asked(answer.headers(), SystemTime::now());
        let used_up = is_used_up(answer.headers());
        let said = said_in(answer).map_or_else(String::new, |said| format!(". It says: {said}"));
        match status {
            // GitHub answers 403 too where a limit is reached.
            StatusCode::TOO_MANY_REQUESTS => {
                Tried::Again(format!("{host} asks to slow down ({status}){said}"), asked)
            }
            StatusCode::FORBIDDEN if used_up || asked.is_some() => {
                Tried::Again(format!("{host} asks to slow down ({status}){said}"), asked)
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                let token = match self.filling.token {
                    Some(_) => "the token: check that it is valid and may read this project",
                    None => {
                        "to answer without a token: name its variable with `token-env`, or give it to git's \
                         credential helper"
                    }
                };
                refused(format!("{host} refuses ({status}) {token}{said}"))
            }
            StatusCode::NOT_FOUND => {
                let what = "check that the project and the branch exist there";
                Tried::Refused(Failure::NotFound(format!(
                    "{host} answered {status}: {what}{said}"
                )))
            }
            s if s.is_server_error() => {
                let why = format!("{host} reports an internal error ({status}){said}");
                Tried::Again(why, asked)
            }
            _ => refused(format!("{host} answered {status}{said}")),
        }
    }

    /// The whole of an answer with results.
    fn read(&mut self, host: &str, answer: Response<Body>) -> Tried {
        let kind = header(answer.headers(), "content-type").unwrap_or_default();
        if kind.split(';').next() == Some("text/html") {
            return refused(format!(
                "{host} answered with a web page in place of results: check `server` and the token"
            ));
        }
        let length = answer.body().content_length();
        let headers = all_headers(answer.headers());
        let links = answer.headers().get_all("link").into_iter();
        let mut links = links.filter_map(|l| l.to_str().ok());
        let next = links.find_map(next_link).map(str::to_owned);
        let mut body = Vec::new();
        let most = MOST_BYTES - self.bytes;
        let mut reader = answer.into_body().into_reader().take(most + 1);
        if let Err(e) = reader.read_to_end(&mut body) {
            if Instant::now() >= self.until {
                return refused(format!("{host} did not answer in time"));
            }
            return Tried::Again(format!("{host} ended its answer early: {e}"), None);
        }
        if body.len() as u64 > most {
            let mib = MOST_BYTES / 1024 / 1024;
            return refused(format!("{host} sent more than {mib} MiB"));
        }
        if length.is_some_and(|l| l > body.len() as u64) {
            return Tried::Again(format!("{host} ended its answer early"), None);
        }
        self.bytes += body.len() as u64;
        Tried::Answered(Answer {
            body,
            headers,
            next,
        })
    }
}

/// Refuses a redirect to a place that the server that was named must not lead to.
fn may_redirect(home: Option<&Address>, to: &str) -> Result<(), String> {
    let to = Address::parse(to);
    if !to.as_ref().is_some_and(Address::may_take_a_token) {
        return Err("it redirects to an address without encryption".into());
    }
    let is_here = |a: Option<&Address>| a.is_some_and(Address::is_this_machine);
    match is_here(to.as_ref()) && !is_here(home) {
        true => Err("it redirects to this machine".into()),
        false => Ok(()),
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    Some(headers.get(name)?.to_str().ok()?.trim())
}

fn all_headers(headers: &HeaderMap) -> Value {
    let texts = headers
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), Value::from(value.to_str().ok()?))));
    Value::Object(texts.collect::<Map<String, Value>>())
}

/// Whether a server says that nothing is left of what may be asked in some time: GitHub's and GitLab's
/// header lines.
fn is_used_up(headers: &HeaderMap) -> bool {
    ["x-ratelimit-remaining", "ratelimit-remaining"]
        .iter()
        .any(|name| header(headers, name) == Some("0"))
}

/// The pause that a server asks for: `Retry-After` in seconds (RFC 9110, 10.2.3), else the time of day when
/// its limit ends (GitHub's and GitLab's header lines, in seconds since 1970).
fn pause_asked(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let number = |name| header(headers, name)?.parse::<u64>().ok();
    if let Some(seconds) = number("retry-after") {
        return Some(Duration::from_secs(seconds));
    }
    if !is_used_up(headers) {
        return None;
    }
    let ends = number("x-ratelimit-reset").or_else(|| number("ratelimit-reset"))?;
    let now = now.duration_since(UNIX_EPOCH).ok()?.as_secs();
    // A small number is a span (draft-ietf-httpapi-ratelimit-headers).
    let seconds = match ends < now / 2 {
        true => ends,
        false => ends.saturating_sub(now) + 1,
    };
    Some(Duration::from_secs(seconds))
}

/// What a server says in an answer without results, on one line and cut.
fn said_in(answer: Response<Body>) -> Option<String> {
    let mut body = Vec::new();
    let reader = answer.into_body().into_reader();
    // Half of it may say enough.
    let _ = reader.take(MOST_BYTES_OF_A_REFUSAL).read_to_end(&mut body);
    let body: Value = serde_json::from_slice(&body).ok()?;
    let first = body.get("errors").and_then(|e| e.get(0));
    let text = [first, Some(&body)].into_iter().flatten().find_map(|o| {
        let names = [
            "msg",
            "detail",
            "message",
            "error_description",
            "title",
            "error",
        ];
        names.iter().find_map(|n| o.get(n)?.as_str())
    })?;
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    Some(line.chars().take(MOST_SHOWN).collect()).filter(|l: &String| !l.is_empty())
}

/// The address of the next page in a `Link` header line: `<ADDRESS>; rel="next", <ADDRESS>; rel="last"`.
fn next_link(line: &str) -> Option<&str> {
    let mut rest = line;
    while let Some((_, after)) = rest.split_once('<') {
        let (address, after) = after.split_once('>')?;
        let parameters = after.split('<').next().unwrap_or_default();
        let mut parameters = parameters.split([';', ',']).map(str::trim);
        let is_next = parameters.any(|p| {
            let (name, value) = p.split_once('=').unwrap_or_default();
            name.trim().eq_ignore_ascii_case("rel")
                && value
                    .trim()
                    .trim_matches('"')
                    .split_whitespace()
                    .any(|v| v.eq_ignore_ascii_case("next"))
        });
        if is_next {
            return Some(address);
        }
        rest = after;
    }
    None
}

/// An address as an answer names it, which may begin at the server's root.
pub(super) fn absolute(from: &str, to: &str) -> Result<String, String> {
    if to.starts_with("https://") || to.starts_with("http://") {
        Ok(to.to_owned())
    } else if to.starts_with('/') && !to.starts_with("//") {
        let server = Address::parse(from).map_or_else(String::new, |a| a.to_string());
        Ok(format!("{server}{to}"))
    } else {
        Err(format!("its answer points to an unreadable address: {to}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let lines = lines.iter();
        lines
            .map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap()))
            .collect()
    }

    #[test]
    fn the_next_page_is_read_from_the_link() {
        let github = "<https://api.github.com/r/1/a?page=1>; rel=\"prev\", <https://api.github.com/r/1/a?page=3>; rel=\"next\"";
        for (line, next) in [
            (github, Some("https://api.github.com/r/1/a?page=3")),
            ("<https://x/1,2>;rel=next", Some("https://x/1,2")),
            ("<https://x/1>; rel=\"last next\"", Some("https://x/1")),
            ("<https://x/1>; title=\"next\"; rel=\"first\"", None),
            ("<https://x/1", None),
            ("", None),
        ] {
            assert_eq!(next_link(line), next, "{line}");
        }
    }

    #[test]
    fn a_pause_is_read_as_seconds_or_as_a_time_of_day() {
        let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let asked =
            |lines: &[(&'static str, &str)]| pause_asked(&headers(lines), now).map(|d| d.as_secs());
        assert_eq!(asked(&[("retry-after", "7")]), Some(7));
        let reset = ("x-ratelimit-reset", "1700000060");
        assert_eq!(asked(&[reset]), None, "a limit that is not reached");
        assert_eq!(asked(&[reset, ("x-ratelimit-remaining", "0")]), Some(61));
        let gitlab = [
            ("ratelimit-remaining", "0"),
            ("ratelimit-reset", "1699999999"),
        ];
        assert_eq!(asked(&gitlab), Some(1));
        let span = [("ratelimit-remaining", "0"), ("ratelimit-reset", "40")];
        assert_eq!(asked(&span), Some(40));
    }

    #[test]
    fn a_redirect_leads_to_no_place_that_is_less_safe() {
        let may = |from: &str, to: &str| may_redirect(Address::parse(from).as_ref(), to).is_ok();
        assert!(may("https://a.example", "https://b.example/x"));
        assert!(may("http://127.0.0.1:9", "http://localhost:8/x"));
        assert!(!may("https://a.example", "http://a.example/x"));
        assert!(!may("https://a.example", "http://127.0.0.1:9000/x"));
        assert!(!may("https://a.example", "https://[::1]/x"));
        assert!(!may("https://a.example", "https://a.example@b.example/"));
        assert!(!may("http://127.0.0.1:9", "http://169.254.169.254/latest"));
    }
}
