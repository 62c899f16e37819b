//! Links to files on the forge that hosts the repository.

use std::fmt::Write as _;

use super::super::words::uri;
use crate::model::{Change, Occurrence, Oid, Reason, RepoPath, Status};

/// How a forge writes the address of lines of a file at a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// <https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/creating-a-permanent-link-to-a-code-snippet>
    GitHub,
    /// <https://docs.gitlab.com/user/project/repository/files/>
    GitLab,
    /// Gitea and Forgejo: <https://docs.gitea.com/usage/permalinks>
    Gitea,
    /// Bitbucket Cloud: <https://support.atlassian.com/bitbucket-cloud/docs/hyperlink-to-source-code-in-bitbucket/>
    Bitbucket,
}

/// A repository on a forge whose addresses are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Forge {
    /// The address of the repository, without a slash at the end.
    repository: String,
    form: Form,
}

impl Forge {
    /// The forge after the address of a remote. `None` where the address does not say which forge it is, or has
    /// anything in it that could lead elsewhere: then there is no link.
    pub(super) fn of(address: &str) -> Option<Forge> {
        let (scheme, rest) = address.split_once("://")?;
        let (authority, path) = rest.split_once('/')?;
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        };
        let host = host.to_ascii_lowercase();
        let of_host = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
        let labels = host.split('.').all(|l| !l.is_empty());
        if !labels || !host.bytes().all(of_host) {
            return None;
        }
        let form = form_of(&host)?;
        // The port of ssh and of git's protocol is not that of the pages.
        let scheme = match scheme {
            "http" => "http",
            "https" | "ssh" | "git" => "https",
            _ => return None,
        };
        let port = port.filter(|_| address.starts_with("http"));
        if port
            .is_some_and(|p| p.is_empty() || p.len() > 5 || !p.bytes().all(|b| b.is_ascii_digit()))
        {
            return None;
        }
        let path = path.trim_end_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path);
        let of_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'~');
        let plain = |s: &str| !matches!(s, "" | "." | "..") && s.bytes().all(of_name);
        let names = path.split('/').count();
        let fits = match form {
            Form::GitLab => names >= 2,
            _ => names == 2,
        };
        if !fits || !path.split('/').all(plain) {
            return None;
        }
        let mut repository = format!("{scheme}://{host}");
        if let Some(port) = port {
            let _ = write!(repository, ":{port}");
        }
        let _ = write!(repository, "/{path}");
        Some(Forge { repository, form })
    }

    /// The host, for people.
    pub(super) fn host(&self) -> &str {
        let (_, rest) = self.repository.split_once("://").unwrap_or_default();
        rest.split_once('/').map_or(rest, |(host, _)| host)
    }

    /// The page of a file at a commit; `lines` are its first and last.
    fn page(&self, commit: &Oid, path: &RepoPath, lines: Option<(u32, u32)>) -> String {
        let (repository, commit, path) = (&self.repository, commit.as_str(), uri(path));
        let file = match self.form {
            Form::GitHub => format!("{repository}/blob/{commit}/{path}"),
            Form::GitLab => format!("{repository}/-/blob/{commit}/{path}"),
            Form::Gitea => format!("{repository}/src/commit/{commit}/{path}"),
            Form::Bitbucket => format!("{repository}/src/{commit}/{path}"),
        };
        let Some((first, last)) = lines else {
            return file;
        };
        match (self.form, first == last) {
            (Form::GitHub | Form::Gitea, false) => format!("{file}#L{first}-L{last}"),
            (Form::GitLab, false) => format!("{file}#L{first}-{last}"),
            (Form::Bitbucket, false) => format!("{file}#lines-{first}:{last}"),
            (Form::Bitbucket, true) => format!("{file}#lines-{first}"),
            (_, true) => format!("{file}#L{first}"),
        }
    }

    /// The page of an occurrence, at a commit that has it.
    pub(super) fn occurrence(&self, change: &Change, occurrence: &Occurrence) -> Option<String> {
        if occurrence.is_in_message() {
            return None;
        }
        let lines = occurrence.region.map(|r| (r.line, r.end_line.max(r.line)));
        let of_head = || (change.head != change.head_tree).then_some(&change.head);
        // The base is on the forge already, where the head may not be yet.
        let stands_there = matches!(occurrence.reason, Reason::SameFile | Reason::SameLine)
            && occurrence.from.as_ref().is_none_or(|from| {
                from.path == occurrence.path && lines.is_none_or(|(line, _)| line == from.line)
            });
        let own = occurrence.commit.as_deref().map(Oid::parse);
        let commit = match (own, occurrence.status) {
            (Some(own), _) => return own.map(|c| self.page(&c, &occurrence.path, lines)),
            (None, Status::Fixed) => change.base.as_ref(),
            (None, Status::Inherited) if stands_there => change.base.as_ref().or_else(of_head),
            (None, _) => of_head(),
        };
        commit.map(|c| self.page(c, &occurrence.path, lines))
    }
}

/// The form of the addresses of a host, told by its name alone: nothing is asked. A host of one's own counts
/// where its first label names the program.
fn form_of(host: &str) -> Option<Form> {
    match host {
        "github.com" => return Some(Form::GitHub),
        "gitlab.com" => return Some(Form::GitLab),
        "codeberg.org" | "gitea.com" => return Some(Form::Gitea),
        "bitbucket.org" => return Some(Form::Bitbucket),
        _ => {}
    }
    let (first, rest) = host.split_once('.')?;
    match first {
        // Not a name without a domain, nor one that only looks like the forge's, such as `github.com.example`.
        _ if rest.is_empty() || rest.starts_with("com.") || rest.starts_with("org.") => None,
        "github" => Some(Form::GitHub),
        "gitlab" => Some(Form::GitLab),
        "gitea" | "forgejo" => Some(Form::Gitea),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(address: &str, lines: Option<(u32, u32)>) -> Option<String> {
        let commit = Oid::parse(&"a".repeat(40)).unwrap();
        let page = Forge::of(address)?.page(&commit, &"a b/<x>.py".into(), lines);
        Some(page.replace(&"a".repeat(40), "SHA"))
    }

    #[test]
    fn each_forge_has_its_own_form() {
        for (address, expected) in [
            (
                "ssh://github.com/acme/shop.git",
                "https://github.com/acme/shop/blob/SHA/a%20b/%3Cx%3E.py#L3-L5",
            ),
            (
                "https://gitlab.com/acme/web/shop.git",
                "https://gitlab.com/acme/web/shop/-/blob/SHA/a%20b/%3Cx%3E.py#L3-5",
            ),
            (
                "ssh://gitea.example.com:2222/acme/shop",
                "https://gitea.example.com/acme/shop/src/commit/SHA/a%20b/%3Cx%3E.py#L3-L5",
            ),
            (
                "http://gitlab.example.com:8080/acme/shop/",
                "http://gitlab.example.com:8080/acme/shop/-/blob/SHA/a%20b/%3Cx%3E.py#L3-5",
            ),
            (
                "https://bitbucket.org/acme/shop.git",
                "https://bitbucket.org/acme/shop/src/SHA/a%20b/%3Cx%3E.py#lines-3:5",
            ),
        ] {
            assert_eq!(page(address, Some((3, 5))).as_deref(), Some(expected));
        }
        let one = page("https://github.com/acme/shop", Some((7, 7))).unwrap();
        assert!(one.ends_with(".py#L7"), "{one}");
        let none = page("https://github.com/acme/shop", None).unwrap();
        assert!(none.ends_with(".py"), "{none}");
    }

    #[test]
    fn an_address_that_is_not_certain_is_no_link() {
        for address in [
            "javascript://github.com/%0aalert(1)/x",
            "file://github.com/acme/shop",
            "https://git.example.com/acme/shop",
            "https://github.com.evil.example/acme/shop",
            "https://github.com@evil.example/acme/shop",
            "https://github.com\\@evil.example/acme/shop",
            "https://github.com:443x/acme/shop",
            "https://github.com/acme/../shop",
            "https://github.com/acme",
            "https://github.com/acme/shop/more",
            "https://github.com/acme/shop\"onclick=alert(1)",
            "https://github.com/acme/<script>",
            "https://github./acme/shop",
            "/srv/github.com/acme/shop",
            "",
        ] {
            assert_eq!(Forge::of(address), None, "{address}");
        }
    }
}
