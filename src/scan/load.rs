//! Results from a server: a few requests, with a limit on everything.

use std::io::Read;
use std::time::{Duration, Instant};

use serde_json::Value;
use ureq::http::{HeaderMap, StatusCode};
use ureq::tls::TlsConfig;

use super::certificates::roots;
use super::descriptor::{Load, LoadRequest};
use super::read::apply;
use crate::environment::without_proxy_credentials;
use crate::model::Address;

/// The largest size of all answers together, in bytes.
const MOST_BYTES: u64 = 256 * 1024 * 1024;
/// Most requests for one scanner.
const MOST_REQUESTS: usize = 1_000;
/// Most redirects after one another.
const MOST_REDIRECTS: usize = 5;
/// How often a request is tried.
const TRIES: u32 = 4;
/// The longest pause before another try, whatever the server asks for.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What fills the templates of addresses and headers.
#[derive(Clone, Default)]
pub struct Filling {
    /// The server's address, without a `/` at its end.
    pub server: String,
    /// The project's name there.
    pub project: String,
    /// The branch.
    pub branch: String,
    /// The commit.
    pub commit: String,
    /// The token; header lines that need one are left out without it.
    pub token: Option<String>,
}

impl std::fmt::Debug for Filling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Filling")
            .field("server", &self.server)
            .field("project", &self.project)
            .field("branch", &self.branch)
            .field("commit", &self.commit)
            .finish_non_exhaustive()
    }
}

/// What a server has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// The reports.
    pub reports: Vec<Vec<u8>>,
    /// The commit that they are of, where the server says so.
    pub revision: Option<String>,
}

/// Loads the results of one branch or commit.
///
/// # Errors
/// The server cannot be reached, refuses, or answers with something unreadable; in words for people.
pub fn load(load: &Load, filling: &Filling, timeout: Duration) -> Result<Loaded, String> {
    let mut client = Client {
        agent: ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .tls_config(TlsConfig::builder().root_certs(roots()?).build())
            .user_agent(concat!("newgate/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent(),
        filling,
        until: Instant::now() + timeout,
        bytes: 0,
        requests: 0,
    };
    let mut loaded = Loaded::default();
    if let Some(revision) = &load.revision {
        let url = filling.url(&revision.url, 1);
        let answer = client.get(&url, &revision.headers)?;
        let told = jq(&revision.filter, &answer, filling, 1)?;
        loaded.revision = told.first().and_then(|v| v.as_str()).map(str::to_owned);
    }
    for request in &load.request {
        client.all_pages(request, &mut loaded.reports)?;
    }
    Ok(loaded)
}

impl Filling {
    fn url(&self, template: &str, page: usize) -> String {
        // A project's name may have a `/` that belongs to the path (`owner/name`): where it must be
        // encoded, the template says `{project-encoded}`.
        template
            .replace("{server}", self.server.trim_end_matches('/'))
            .replace("{project-encoded}", &encoded(&self.project))
            .replace("{project}", &self.project)
            .replace("{branch}", &encoded(&self.branch))
            .replace("{commit}", &encoded(&self.commit))
            .replace("{page}", &page.to_string())
    }
}

fn encoded(text: &str) -> String {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn jq(filter: &str, answer: &[u8], filling: &Filling, page: usize) -> Result<Vec<Value>, String> {
    let variables = [
        ("$page", Value::from(page)),
        ("$commit", Value::from(filling.commit.as_str())),
        ("$branch", Value::from(filling.branch.as_str())),
        ("$project", Value::from(encoded(&filling.project))),
    ];
    apply(filter, answer, &variables).map_err(|e| format!("its answer cannot be read: {e}"))
}

struct Client<'a> {
    agent: ureq::Agent,
    filling: &'a Filling,
    until: Instant,
    bytes: u64,
    requests: usize,
}

/// The outcome of one request.
enum Tried {
    Answered(Vec<u8>),
    Redirected(String),
    /// It may go better next time, perhaps after a pause that the server asks for.
    Again(String, Option<Duration>),
    Refused(String),
}

impl Client<'_> {
    /// All pages of a request, or what they list.
    fn all_pages(
        &mut self,
        request: &LoadRequest,
        reports: &mut Vec<Vec<u8>>,
    ) -> Result<(), String> {
        let mut pages = Vec::new();
        let paging = (&request.more, &request.next);
        self.pages(&request.url, &request.headers, paging, &mut pages)?;
        let Some(follow) = &request.follow else {
            reports.append(&mut pages);
            return Ok(());
        };
        let headers = match request.follow_headers.is_empty() {
            true => &request.headers,
            false => &request.follow_headers,
        };
        let paging = (&request.follow_more, &request.follow_next);
        for page in pages {
            let listed = jq(follow, &page, self.filling, 1)?;
            for address in listed.iter().filter_map(Value::as_str) {
                let address = absolute(&self.filling.server, address)?;
                self.same_server(&address)?;
                self.pages(&address, headers, paging, reports)?;
            }
        }
        Ok(())
    }

    /// All pages from a template of an address on.
    fn pages(
        &mut self,
        template: &str,
        headers: &[String],
        (more, next): (&Option<String>, &Option<String>),
        pages: &mut Vec<Vec<u8>>,
    ) -> Result<(), String> {
        let mut page = 1;
        let mut url = self.filling.url(template, page);
        loop {
            let answer = self.get(&url, headers)?;
            let ask = |filter: &Option<String>| match filter {
                Some(filter) => jq(filter, &answer, self.filling, page),
                None => Ok(Vec::new()),
            };
            let goes_on = ask(more)?.first() == Some(&Value::Bool(true));
            let next = ask(next)?;
            pages.push(answer);
            page += 1;
            url = match next
                .first()
                .and_then(Value::as_str)
                .filter(|n| !n.is_empty())
            {
                Some(next) => absolute(&url, next)?,
                None if goes_on => self.filling.url(template, page),
                None => return Ok(()),
            };
            self.same_server(&url)?;
        }
    }

    /// Refuses an address in an answer that would send the token to another host.
    fn same_server(&self, address: &str) -> Result<(), String> {
        match Address::parse(address) {
            Some(named) if Some(&named) == Address::parse(&self.filling.server).as_ref() => Ok(()),
            _ => Err(format!("its answer points to another server: {address}")),
        }
    }

    /// One answer, after as many tries and redirects as are allowed.
    fn get(&mut self, url: &str, headers: &[String]) -> Result<Vec<u8>, String> {
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
                return Err(format!("it has more than {MOST_REQUESTS} pages"));
            }
            match self.once(&url, headers, with_token) {
                Tried::Answered(body) => return Ok(body),
                Tried::Redirected(to) => {
                    redirects += 1;
                    if redirects > MOST_REDIRECTS {
                        return Err(format!("it redirects more than {MOST_REDIRECTS} times"));
                    }
                    url = absolute(&url, &to)?;
                    let safe = |a: &Address| a.may_take_a_token();
                    if home.as_ref().is_some_and(safe)
                        && !Address::parse(&url).as_ref().is_some_and(safe)
                    {
                        return Err("it redirects to an address without encryption".into());
                    }
                }
                Tried::Refused(why) => return Err(why),
                Tried::Again(why, asked) => {
                    tries += 1;
                    let pause = asked.unwrap_or(Duration::from_millis(250 << tries));
                    let pause = pause.min(LONGEST_PAUSE);
                    if tries >= TRIES || Instant::now() + pause >= self.until {
                        return Err(format!("{why} (tried {tries} times)"));
                    }
                    std::thread::sleep(pause);
                }
            }
        }
    }

    fn once(&mut self, url: &str, headers: &[String], with_token: bool) -> Tried {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Tried::Refused("it takes too long; raise `timeout` in its `load` table".into());
        }
        let mut request = self
            .agent
            .get(url)
            .config()
            .timeout_global(Some(left))
            .build();
        for line in headers {
            let line = match (&self.filling.token, line.contains("{token}")) {
                (_, false) => line.clone(),
                (Some(token), true) if with_token => line.replace("{token}", token),
                _ => continue,
            };
            if let Some((name, value)) = line.split_once(':') {
                request = request.header(name.trim(), value.trim());
            }
        }
        let host = Address::parse(url).map_or_else(|| url.to_owned(), |a| a.to_string());
        let answer = match request.call() {
            Ok(answer) => answer,
            Err(ureq::Error::Timeout(_)) => {
                return Tried::Refused(format!("{host} did not answer in time"));
            }
            Err(e) => {
                let why = without_proxy_credentials(&e.to_string());
                return Tried::Again(format!("{host} cannot be reached: {why}"), None);
            }
        };
        let status = answer.status();
        let asked = pause_asked(answer.headers());
        let location = answer
            .headers()
            .get("location")
            .and_then(|l| l.to_str().ok());
        if status.is_redirection() {
            return match location {
                Some(to) => Tried::Redirected(to.to_owned()),
                None => Tried::Refused(format!("{host} answered {status}")),
            };
        }
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                let token = match self.filling.token {
                    Some(_) => "the token: check that it is valid and may read this project",
                    None => {
                        "to answer without a token: name its variable with `token-env`, or give it to git's \
                         credential helper"
                    }
                };
                return Tried::Refused(format!("{host} refuses ({status}) {token}"));
            }
            StatusCode::NOT_FOUND => {
                let what = "check that the project and the branch exist there";
                return Tried::Refused(format!("{host} answered {status}: {what}"));
            }
            StatusCode::TOO_MANY_REQUESTS => {
                return Tried::Again(format!("{host} asks to slow down ({status})"), asked);
            }
            s if s.is_server_error() => {
                return Tried::Again(
                    format!("{host} reports an internal error ({status})"),
                    asked,
                );
            }
            s if !s.is_success() => return Tried::Refused(format!("{host} answered {status}")),
            _ => {}
        }
        let length = answer.body().content_length();
        let mut body = Vec::new();
        let most = MOST_BYTES - self.bytes;
        let mut reader = answer.into_body().into_reader().take(most + 1);
        if let Err(e) = reader.read_to_end(&mut body) {
            return Tried::Again(format!("{host} ended its answer early: {e}"), None);
        }
        if body.len() as u64 > most {
            let mib = MOST_BYTES / 1024 / 1024;
            return Tried::Refused(format!("{host} sent more than {mib} MiB"));
        }
        if length.is_some_and(|l| l > body.len() as u64) {
            return Tried::Again(format!("{host} ended its answer early"), None);
        }
        self.bytes += body.len() as u64;
        Tried::Answered(body)
    }
}

/// The pause in seconds that `Retry-After` asks for (RFC 9110, 10.2.3).
fn pause_asked(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers
        .get("retry-after")?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds))
}

/// An address as an answer names it, which may begin at the server's root.
fn absolute(from: &str, to: &str) -> Result<String, String> {
    if to.starts_with("https://") || to.starts_with("http://") {
        Ok(to.to_owned())
    } else if to.starts_with('/') && !to.starts_with("//") {
        let server = Address::parse(from).map_or_else(String::new, |a| a.to_string());
        Ok(format!("{server}{to}"))
    } else {
        Err(format!("its answer points to an unreadable address: {to}"))
    }
}
