//! Servers of the catalogue, which answer as their documentation says.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::server::{Answer, Asked, ok};

/// How many results each server has for the base; the head has one more.
pub(super) const OF_BASE: usize = 7;

/// A request's path and the values in its query, decoded.
struct Request<'a> {
    path: String,
    query: BTreeMap<String, String>,
    host: &'a str,
}

impl Request<'_> {
    fn of(asked: &Asked) -> Request<'_> {
        let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
        let pairs = query.split('&').filter_map(|p| p.split_once('='));
        let decoded = |text: &str| {
            let text = percent_encoding::percent_decode_str(text);
            text.decode_utf8().unwrap().into_owned()
        };
        Request {
            path: decoded(path),
            query: pairs.map(|(k, v)| (decoded(k), decoded(v))).collect(),
            host: asked.header("host").unwrap(),
        }
    }

    fn get(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    fn number(&self, name: &str) -> usize {
        self.get(name).parse().unwrap_or(0)
    }

    /// The same address with another value in its query.
    fn with(&self, name: &str, value: usize) -> String {
        let mut query = self.query.clone();
        query.insert(name.to_owned(), value.to_string());
        let query: Vec<String> = query.iter().map(|(k, v)| format!("{k}={v}")).collect();
        format!("http://{}{}?{}", self.host, self.path, query.join("&"))
    }
}

/// The page with a number, counted from 1, of so many.
fn page<T: Clone>(all: &[T], number: usize, size: usize) -> Vec<T> {
    all.chunks(size)
        .nth(number - 1)
        .unwrap_or_default()
        .to_vec()
}

/// A list with the header line `Link`, as GitHub and GitLab send it.
fn linked(request: &Request<'_>, all: &[Value], size: usize) -> Answer {
    let number = request.number("page").max(1);
    let body = json!(page(all, number, size)).to_string();
    match number * size < all.len() {
        true => {
            let next = request.with("page", number + 1);
            let link = format!("Link: <{next}>; rel=\"next\", <{next}>; rel=\"last\"");
            Answer::With(200, link, body)
        }
        false => ok(body),
    }
}

/// The numbers of a side's results, which are also the lines that they are in.
fn numbers(is_head: bool) -> Vec<usize> {
    (1..=OF_BASE + usize::from(is_head)).collect()
}

/// All servers at one address.
#[derive(Clone, Default)]
pub(super) struct Forge {
    pub(super) head: String,
    pub(super) base: String,
    /// How many results are on a page.
    pub(super) size: usize,
}

impl Forge {
    pub(super) fn answer(&self, asked: &Asked) -> Answer {
        let request = Request::of(asked);
        let (server, path) = request.path[1..].split_once('/').unwrap();
        match server {
            "github" => self.github(&request, path),
            "gitlab" => self.gitlab(&request, path),
            "rest" => self.snyk(&request),
            "track" => self.dependency_track(&request, path),
            "dojo" => self.defectdojo(&request, path),
            _ => Answer::Status(404, String::new()),
        }
    }

    // https://docs.github.com/rest/code-scanning/code-scanning
    fn github(&self, request: &Request<'_>, path: &str) -> Answer {
        let analyses = "repos/o/r/code-scanning/analyses";
        let Some(id) = path.strip_prefix(&format!("{analyses}/")) else {
            let is_head = request.get("ref") == "refs/heads/feature";
            let (side, commit) = match is_head {
                true => ("head", &self.head),
                false => ("base", &self.base),
            };
            let analysis = |id: &str, commit: &str, category: &str, at: u32| {
                json!({
                    "ref": request.get("ref"), "commit_sha": commit, "analysis_key": ".github/workflows/codeql.yml:analyze",
                    "environment": "{}", "category": category, "error": "", "created_at": format!("2026-11-{at:02}T10:00:00Z"),
                    "results_count": 4, "rules_count": 9, "id": 1, "sarif_id": "x", "deletable": true, "warning": "",
                    "url": format!("http://{}/github/{analyses}/{id}", request.host),
                    "tool": {"name": "CodeQL", "guid": null, "version": "2.20.0"},
                })
            };
            // The newest comes first. What is of another commit, and an older one of the same category, don't count.
            let all = [
                analysis("other", &"f".repeat(40), "/language:js", 29),
                analysis(&format!("{side}-0"), commit, "/language:js", 28),
                analysis(&format!("{side}-1"), commit, "/language:python", 27),
                analysis(&format!("{side}-1"), commit, "/language:js", 26),
            ];
            return linked(request, &all, self.size);
        };
        let rest = usize::from(id.ends_with('1'));
        let found = numbers(id.starts_with("head"))
            .into_iter()
            .filter(|n| n % 2 == rest);
        let results: Vec<Value> = found
            .map(|n| {
                let region = json!({"startLine": n});
                let place = json!({"artifactLocation": {"uri": "github.x"}, "region": region});
                json!({"ruleId": "js/x", "level": "error", "message": {"text": "Bad."}, "locations": [{"physicalLocation": place}]})
            })
            .collect();
        let run = json!({"tool": {"driver": {"name": "CodeQL"}}, "results": results});
        ok(json!({"version": "2.1.0", "runs": [run]}).to_string())
    }

    // https://docs.gitlab.com/api/pipelines and https://docs.gitlab.com/api/vulnerability_findings
    fn gitlab(&self, request: &Request<'_>, path: &str) -> Answer {
        let of_project = path.strip_prefix("api/v4/projects/o/r/").unwrap();
        if of_project == "pipelines" {
            let id = u32::from(request.get("sha") == self.head);
            return ok(json!([{"id": id, "status": "success", "source": "push", "sha": request.get("sha")}]).to_string());
        }
        let all: Vec<Value> = numbers(request.number("pipeline_id") == 1)
            .into_iter()
            .map(|n| {
                json!({
                    "id": null, "report_type": "sast", "name": "Bad.", "severity": "high", "confidence": "unknown",
                    "scanner": {"external_id": "semgrep", "name": "Semgrep", "vendor": "GitLab"},
                    "identifiers": [{"external_type": "semgrep_id", "external_id": "x", "name": "x", "url": null}],
                    "project_fingerprint": format!("{n}"), "uuid": format!("{n}"), "create_vulnerability_feedback_issue_path": "",
                    "description": "Bad.", "links": [], "location": {"file": "gitlab.x", "start_line": n}, "state": "detected",
                })
            })
            .collect();
        linked(request, &all, self.size)
    }

    // https://docs.snyk.io/snyk-api/reference
    fn snyk(&self, request: &Request<'_>) -> Answer {
        let all: Vec<Value> = match request.path.ends_with("/projects") {
            true => vec![json!({"id": request.get("target_reference"), "type": "project"})],
            false => numbers(request.get("scan_item.id") == "feature")
                .into_iter()
                .map(|n| {
                    let id = format!("SNYK-JS-{n}");
                    json!({"id": format!("{n}"), "type": "issue", "attributes": {
                        "key": id, "title": "Prototype Pollution", "type": "package_vulnerability", "status": "open", "ignored": false,
                        "effective_severity_level": "high", "problems": [{"id": id, "source": "SNYK", "type": "vulnerability"}],
                        "coordinates": [{"representations": [{"dependency": {"package_name": format!("p{n}"), "package_version": "1.0.0"}}]}],
                    }})
                })
                .collect(),
        };
        let after = request.number("starting_after");
        let here = page(&all, after + 1, self.size);
        let next = request.with("starting_after", after + 1);
        let next = next.split_once("/rest").unwrap().1;
        let links = match (after + 1) * self.size < all.len() {
            true => json!({ "next": next }),
            false => json!({}),
        };
        ok(json!({"jsonapi": {"version": "1.0"}, "data": here, "links": links}).to_string())
    }

    // https://docs.dependencytrack.org/integrations/rest-api
    fn dependency_track(&self, request: &Request<'_>, path: &str) -> Answer {
        if path == "api/v1/project/lookup" {
            return ok(json!({"name": "p", "version": request.get("version"), "uuid": request.get("version")}).to_string());
        }
        let all: Vec<Value> = numbers(path.ends_with("/feature"))
            .into_iter()
            .map(|n| {
                json!({
                    "component": {"uuid": "c", "name": format!("q{n}"), "version": "1.0.0", "purl": format!("pkg:npm/q{n}@1.0.0"), "project": "p"},
                    "vulnerability": {"uuid": "v", "source": "NVD", "vulnId": format!("CVE-2026-{n:04}"), "severity": "HIGH", "aliases": []},
                    "analysis": {"isSuppressed": false}, "matrix": "p:c:v",
                })
            })
            .collect();
        let here = page(&all, request.number("pageNumber"), self.size);
        Answer::With(
            200,
            format!("X-Total-Count: {}", all.len()),
            json!(here).to_string(),
        )
    }

    // https://docs.defectdojo.com/automation/api/api-v2-docs
    fn defectdojo(&self, request: &Request<'_>, path: &str) -> Answer {
        let (all, more): (Vec<Value>, Value) = match path {
            "api/v2/tests/" => {
                let id = u32::from(request.get("commit_hash") == self.head);
                let of = |id: u32, engagement: u32| json!({"id": id, "engagement": engagement, "test_type_name": "Bandit Scan"});
                let engagements = json!({"engagement": {"1": {"id": 1, "product": 3}, "2": {"id": 2, "product": 4}}});
                (vec![of(id, 1), of(9, 2)], engagements)
            }
            _ => {
                let found = numbers(request.number("test") == 1).into_iter().map(|n| {
                    // The server takes what it has in two tests for a duplicate.
                    let is_duplicate = n != 1;
                    json!({
                        "id": n, "test": request.number("test"), "title": "Bad.", "severity": "High", "file_path": "dojo.x", "line": n,
                        "vuln_id_from_tool": "B1", "active": !is_duplicate, "duplicate": is_duplicate, "false_p": false, "description": "Bad.",
                        "out_of_scope": false, "is_mitigated": false, "risk_accepted": false, "cwe": 0, "vulnerability_ids": [],
                    })
                });
                (found.collect(), json!({}))
            }
        };
        let offset = request.number("offset");
        let next = match offset + self.size < all.len() {
            true => json!(request.with("offset", offset + self.size)),
            false => Value::Null,
        };
        let here = page(&all, offset / self.size + 1, self.size);
        ok(json!({"count": all.len(), "next": next, "previous": null, "results": here, "prefetch": more}).to_string())
    }
}
