//! Packages that a result is about, by their purls (<https://github.com/package-url/purl-spec>).

use percent_encoding::percent_decode_str;

use super::log::SarifResult;
use crate::model::Package;

/// The ecosystems of OSV by the types of purls; other types stand for themselves.
const ECOSYSTEMS: [(&str, &str); 14] = [
    ("cargo", "crates.io"),
    ("cocoapods", "CocoaPods"),
    ("composer", "Packagist"),
    ("conan", "ConanCenter"),
    ("cran", "CRAN"),
    ("gem", "RubyGems"),
    ("githubactions", "GitHub Actions"),
    ("golang", "Go"),
    ("hex", "Hex"),
    ("maven", "Maven"),
    ("nuget", "NuGet"),
    ("pub", "Pub"),
    ("pypi", "PyPI"),
    ("swift", "SwiftURL"),
];

/// The package that a result names among its logical locations.
pub(super) fn package_of(result: &SarifResult) -> Option<Package> {
    let locations = result.locations.iter().flatten();
    let mut names = locations
        .flat_map(|l| l.logical_locations.iter().flatten())
        .flat_map(|l| [&l.fully_qualified_name, &l.name])
        .flatten();
    names.find_map(|name| parse(name))
}

fn parse(purl: &str) -> Option<Package> {
    let plain = purl.strip_prefix("pkg:")?.split(['?', '#']).next()?;
    let (sort, rest) = plain.trim_start_matches('/').split_once('/')?;
    // The `@` of a scope is before the last `/`.
    let (path, version) = match rest.rsplit_once('@') {
        Some((path, version)) if !path.is_empty() && !version.contains('/') => (path, version),
        _ => (rest, ""),
    };
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let sort = sort.to_ascii_lowercase();
    let parts: Vec<String> = path.split('/').map(decoded).collect();
    let known = ECOSYSTEMS.iter().find(|(name, _)| *name == sort);
    let between = if sort == "maven" { ":" } else { "/" };
    Some(Package {
        ecosystem: known.map_or(sort.clone(), |(_, ecosystem)| (*ecosystem).to_owned()),
        name: parts.join(between),
        version: decoded(version),
        fixed: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purl_names_a_package() {
        for (purl, ecosystem, name, version) in [
            ("pkg:maven/g.h/a@1.0", "Maven", "g.h:a", "1.0"),
            ("pkg:npm/%40scope/a@2.0", "npm", "@scope/a", "2.0"),
            ("pkg:npm/@scope/a", "npm", "@scope/a", ""),
            ("pkg:pypi/a@1%2Bb?x=y#z", "PyPI", "a", "1+b"),
            ("pkg:golang/x.org/a/b@v1", "Go", "x.org/a/b", "v1"),
            ("pkg:deb/debian/curl@7", "deb", "debian/curl", "7"),
        ] {
            let package = parse(purl).unwrap();
            let told = (&*package.ecosystem, &*package.name, &*package.version);
            assert_eq!(told, (ecosystem, name, version), "{purl}");
        }
        assert_eq!(parse("org.example.Class"), None);
        assert_eq!(parse("pkg:maven"), None);
    }
}
