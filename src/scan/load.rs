//! Results from a server: a few requests, with a limit on everything.

mod client;

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use serde_json::Value;

use self::client::{Answer, Client, Failure, absolute};
use super::descriptor::{Load, LoadRequest, Probe};
use super::read::apply;
use crate::model::Address;

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

/// Which commit a server's results are of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Of {
    /// The one that was asked for, as far as the addresses say it: the server was not asked.
    #[default]
    Unasked,
    /// This one.
    Commit(String),
    /// The server doesn't say, or has no results at all.
    Unnamed,
    /// The server is still processing results, or got new ones meanwhile.
    Unfinished,
}

/// What a server has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// The reports.
    pub reports: Vec<Vec<u8>>,
    /// The commit that they are of.
    pub of: Of,
    /// The parts that they consist of, such as the tools that made them, where the descriptor says how to tell.
    pub parts: BTreeSet<String>,
}

/// Loads the results of one branch or commit.
///
/// # Errors
/// The server cannot be reached, refuses, or answers with something unreadable; in words for people.
pub fn load(load: &Load, filling: &Filling, timeout: Duration) -> Result<Loaded, String> {
    let token = filling.token.as_deref().map(str::trim);
    if token.is_some_and(|t| !t.bytes().all(|b| b.is_ascii_graphic() || b == b' ')) {
        return Err("its token has a line break or another character that can't be sent".into());
    }
    let loading = || {
        let client = Client::new(filling, timeout)?;
        let with_branch = true;
        Loading {
            client,
            filling,
            with_branch,
        }
        .run(load)
        .map_err(Failure::into_words)
    };
    loading().map_err(|why| match token {
        // A server may repeat what it was sent.
        Some(token) if !token.is_empty() => why.replace(token, "[token]"),
        _ => why,
    })
}

struct Loading<'a> {
    client: Client<'a>,
    filling: &'a Filling,
    /// Whether the server knows the branch. If it doesn't, `{branch-query}` is empty.
    with_branch: bool,
}

/// How to tell whether there are more pages, and whether all of them came.
#[derive(Clone, Copy)]
struct Paging<'a> {
    more: Option<&'a str>,
    next: Option<&'a str>,
    count: Option<&'a str>,
    total: Option<&'a str>,
}

impl LoadRequest {
    fn paging(&self) -> Paging<'_> {
        Paging {
            more: self.more.as_deref(),
            next: self.next.as_deref(),
            count: self.count.as_deref(),
            total: self.total.as_deref(),
        }
    }

    fn paging_of_followed(&self) -> Paging<'_> {
        Paging {
            more: self.follow_more.as_deref(),
            next: self.follow_next.as_deref(),
            count: self.follow_count.as_deref(),
            total: self.follow_total.as_deref(),
        }
    }
}

impl Loading<'_> {
    fn run(mut self, load: &Load) -> Result<Loaded, Failure> {
        let mut loaded = Loaded::default();
        let Some(revision) = &load.revision else {
            for request in &load.request {
                self.all_pages(request, &mut loaded)?;
            }
            return Ok(loaded);
        };
        // While results are processed, some of those of the commit before may still be listed.
        if let Some(ready) = &load.ready
            && self.told(ready)?.is_some()
        {
            loaded.of = Of::Unfinished;
            return Ok(loaded);
        }
        loaded.of = self.revision(revision)?;
        if !matches!(&loaded.of, Of::Commit(commit) if *commit == self.filling.commit) {
            return Ok(loaded);
        }
        for request in &load.request {
            self.all_pages(request, &mut loaded)?;
        }
        if self.revision(revision)? != loaded.of {
            loaded.of = Of::Unfinished;
        }
        Ok(loaded)
    }

    /// What a probe's answer says first.
    fn told(&mut self, probe: &Probe) -> Result<Option<String>, Failure> {
        let url = self.url(&probe.url, 1);
        let answer = self.client.get(&url, &probe.headers)?;
        let told = self.jq(&probe.filter, &answer.body, &Page::of(&answer, 1))?;
        let first = told.first().and_then(Value::as_str);
        Ok(first.filter(|t| !t.is_empty()).map(str::to_owned))
    }

    /// The commit that the server's newest results are of.
    fn revision(&mut self, revision: &Probe) -> Result<Of, Failure> {
        let told = match self.told(revision) {
            // The edition may not know branches: the commit alone tells then.
            Err(Failure::NotFound(_))
                if self.with_branch && revision.url.contains("{branch-query}") =>
            {
                self.with_branch = false;
                self.told(revision)?
            }
            told => told?,
        };
        Ok(told.map_or(Of::Unnamed, Of::Commit))
    }

    /// All pages of a request, or of what they list.
    fn all_pages(&mut self, request: &LoadRequest, loaded: &mut Loaded) -> Result<(), Failure> {
        let mut pages = Vec::new();
        self.pages(&request.url, &request.headers, request.paging(), &mut pages)?;
        let Some(follow) = &request.follow else {
            loaded.reports.append(&mut pages);
            return Ok(());
        };
        let headers = match request.follow_headers.is_empty() {
            true => &request.headers,
            false => &request.follow_headers,
        };
        // One analysis can be listed on two pages, so that what is listed is looked at as a whole.
        let list = [&b"["[..], &pages.join(&b","[..]), b"]"].concat();
        let page = Page::default();
        if let Some(parts) = &request.parts {
            let parts = self.jq(parts, &list, &page)?;
            let parts = parts.iter().filter_map(Value::as_str).map(str::to_owned);
            loaded.parts.extend(parts);
        }
        for address in self.jq(follow, &list, &page)? {
            let Value::String(address) = address else {
                let why = "its answer lists results without their address";
                return Err(why.to_owned().into());
            };
            let address = address.replace("{server}", self.filling.server());
            let address = absolute(self.filling.server(), &address)?;
            self.same_server(&address)?;
            let paging = request.paging_of_followed();
            self.pages(&address, headers, paging, &mut loaded.reports)?;
        }
        Ok(())
    }

    /// All pages from a template of an address on.
    ///
    /// # Errors
    /// One is missing: fewer results came than the server says it has.
    fn pages(
        &mut self,
        template: &str,
        headers: &[String],
        paging: Paging<'_>,
        pages: &mut Vec<Vec<u8>>,
    ) -> Result<(), Failure> {
        let mut number = 1;
        let mut url = self.url(template, number);
        let mut asked = HashSet::new();
        let mut counted = 0;
        loop {
            if !asked.insert(url.clone()) {
                return Err("its pages never end: one leads back to another"
                    .to_owned()
                    .into());
            }
            let answer = self.client.get(&url, headers)?;
            let page = Page::of(&answer, number);
            let ask = |filter: Option<&str>| match filter {
                Some(filter) => self.jq(filter, &answer.body, &page),
                None => Ok(Vec::new()),
            };
            let number_of = |filter| -> Result<Option<u64>, String> {
                Ok(ask(filter)?.first().and_then(Value::as_u64))
            };
            let here = number_of(paging.count)?;
            let total = number_of(paging.total)?;
            let told_more = ask(paging.more)?.first() == Some(&Value::Bool(true));
            let next = ask(paging.next)?;
            let next = next.first().and_then(Value::as_str);
            counted += here.unwrap_or(0);
            let lost = |total: u64| {
                format!("of {total} in all, its server sent only {counted}; try again")
            };
            let is_short = match (total, here) {
                (Some(total), Some(here)) if counted < total => {
                    if here == 0 {
                        return Err(lost(total).into());
                    }
                    true
                }
                (Some(total), Some(_)) if counted > total => return Err(lost(total).into()),
                _ => false,
            };
            pages.push(answer.body);
            number += 1;
            url = match next.filter(|n| !n.is_empty()) {
                Some(next) => absolute(&url, next)?,
                None if told_more || (is_short && template.contains("{page}")) => {
                    self.url(template, number)
                }
                None => match total.filter(|_| is_short) {
                    Some(total) => return Err(lost(total).into()),
                    None => return Ok(()),
                },
            };
            self.same_server(&url)?;
        }
    }

    fn url(&self, template: &str, page: usize) -> String {
        let filling = self.filling;
        let branch = encoded(&filling.branch);
        let query = match self.with_branch {
            true => format!("&branch={branch}"),
            false => String::new(),
        };
        // A project's name may have a `/` that belongs to the path (`owner/name`): where it must be
        // encoded, the template says `{project-encoded}`.
        template
            .replace("{server}", filling.server())
            .replace("{project-encoded}", &encoded(&filling.project))
            .replace("{project}", &filling.project)
            .replace("{branch-query}", &query)
            .replace("{branch}", &branch)
            .replace("{commit}", &encoded(&filling.commit))
            .replace("{page}", &page.to_string())
    }

    fn jq(&self, filter: &str, answer: &[u8], page: &Page) -> Result<Vec<Value>, String> {
        let filling = self.filling;
        let variables = [
            ("$page", Value::from(page.number)),
            ("$headers", page.headers.clone()),
            ("$link", page.next.clone().map_or(Value::Null, Value::from)),
            ("$commit", Value::from(filling.commit.as_str())),
            ("$branch", Value::from(filling.branch.as_str())),
            ("$project", Value::from(encoded(&filling.project))),
        ];
        apply(filter, answer, &variables).map_err(|e| format!("its answer cannot be read: {e}"))
    }

    /// Refuses an address in an answer that would send the token to another host.
    fn same_server(&self, address: &str) -> Result<(), String> {
        match Address::parse(address) {
            Some(named) if Some(&named) == Address::parse(&self.filling.server).as_ref() => Ok(()),
            _ => Err(format!("its answer points to another server: {address}")),
        }
    }
}

impl Filling {
    fn server(&self) -> &str {
        self.server.trim_end_matches('/')
    }
}

/// What a filter may ask of an answer besides its body.
struct Page {
    number: usize,
    headers: Value,
    next: Option<String>,
}

impl Page {
    fn of(answer: &Answer, number: usize) -> Page {
        Page {
            number,
            headers: answer.headers.clone(),
            next: answer.next.clone(),
        }
    }
}

impl Default for Page {
    fn default() -> Page {
        let headers = Value::Object(serde_json::Map::default());
        Page {
            number: 1,
            headers,
            next: None,
        }
    }
}

fn encoded(text: &str) -> String {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}
