//! What the address of a package says: its host, whose that is, and whether it is a registry or a repository.

/// The default registries of package managers. yarn's is another name of npm's.
const REGISTRIES: [&str; 4] = [
    "registry.npmjs.org",
    "registry.yarnpkg.com",
    "files.pythonhosted.org",
    "pypi.org",
];

/// Hosts of repositories, whose archives are no packages of a registry.
const FORGES: [&str; 4] = [
    "github.com",
    "codeload.github.com",
    "gitlab.com",
    "bitbucket.org",
];

/// Domains below which anybody may have a name.
const SHARED: [&str; 16] = [
    "github.io",
    "gitlab.io",
    "amazonaws.com",
    "cloudfront.net",
    "azurewebsites.net",
    "azureedge.net",
    "windows.net",
    "pages.dev",
    "workers.dev",
    "r2.dev",
    "vercel.app",
    "netlify.app",
    "herokuapp.com",
    "web.app",
    "googleapis.com",
    "githubusercontent.com",
];

/// Whether a host is the default registry of a package manager.
pub(super) fn is_registry(host: &str) -> bool {
    REGISTRIES.contains(&host)
}

/// Whether a host is one of repositories.
pub(super) fn is_forge(host: &str) -> bool {
    FORGES.contains(&host)
}

/// Whether an address is that of a repository, a folder or an archive of one: its content changes with the commit.
pub(super) fn is_of_its_own(url: &str) -> bool {
    let host = host_of(url).unwrap_or_default();
    let begins = [
        "git+", "git:", "git@", "file:", "link:", "ssh:", "./", "../", "/",
    ];
    let has = ["/archive/", "/tarball/", "/zipball/", "/tar.gz/", "/zip/"];
    begins.iter().any(|b| url.starts_with(b))
        || is_forge(&host) && has.iter().any(|h| url.contains(h))
}

/// The host of an address, in lower case, without a name and password, as programs read it that follow the URL
/// standard (<https://url.spec.whatwg.org/#url-parsing>): they pass over tabs, and over slashes too many or too few.
/// Where others would read another host, it is all that stands there.
pub(super) fn host_of(url: &str) -> Option<String> {
    let plain = |c: &char| !matches!(c, '\t' | '\n' | '\r');
    let url: String = url.trim().chars().filter(plain).collect();
    let (scheme, rest) = url.split_once(':')?;
    let scheme = scheme.to_ascii_lowercase();
    let of_scheme = |b: u8| b.is_ascii_alphanumeric() || b"+-.".contains(&b);
    let slashes = |c: char| matches!(c, '/' | '\\');
    let is_web = matches!(scheme.as_str(), "http" | "https" | "ftp");
    if !scheme.bytes().all(of_scheme) || !is_web && !rest.starts_with("//") {
        return None;
    }
    let rest = rest.trim_start_matches(slashes);
    let authority = rest.split(['/', '?', '#']).next()?.to_ascii_lowercase();
    if authority.contains('\\') {
        return Some(authority);
    }
    let host = authority.rsplit('@').next()?;
    let usual = match scheme.as_str() {
        "https" => ":443",
        _ => ":80",
    };
    let host = host.strip_suffix(usual).unwrap_or(host);
    (!host.is_empty()).then(|| host.to_owned())
}

/// The part of a host's name that its owner registered, such as `pytorch.org` of `download.pytorch.org`; none if it can't
/// be told.
pub(super) fn owner_of(host: &str) -> Option<&str> {
    let (before, _) = host.rsplit_once('.')?;
    let label = before.rsplit('.').next()?;
    let domain = match before.strip_suffix(label)?.strip_suffix('.') {
        Some(above) => host.strip_prefix(above)?.strip_prefix('.')?,
        None => host,
    };
    let is_number = host.chars().all(|c| c.is_ascii_digit() || c == '.');
    let is_name = host
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    // `co.uk`
    let is_of_all = label.len() < 4 || SHARED.contains(&domain);
    (!is_of_all && is_name && !is_number).then_some(domain)
}

/// The package that an address of a default registry is of, as far as it says: npm's by the folder, PyPI's by the file.
pub(super) fn named_in(url: &str) -> Option<String> {
    let host = host_of(url)?;
    let (_, path) = url.split_once("://")?.1.split_once('/')?;
    let path = path
        .to_ascii_lowercase()
        .replace("%2f", "/")
        .replace("%40", "@");
    match &*host {
        "registry.npmjs.org" | "registry.yarnpkg.com" => {
            let (name, _) = path.split_once("/-/")?;
            Some(name.to_owned())
        }
        "files.pythonhosted.org" => {
            let file = path.rsplit('/').next()?;
            Some(file.replace(['_', '.'], "-"))
        }
        _ => None,
    }
}
