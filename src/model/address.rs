/// The address of a server: what decides whether a token may be sent there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    scheme: String,
    /// Host and port, in lower case.
    authority: String,
}

impl Address {
    /// Reads scheme, host and port of a URL (RFC 3986, 3.2); what follows them does not matter. One with
    /// user information, or without a host, is none.
    pub fn parse(url: &str) -> Option<Address> {
        let (scheme, rest) = url.split_once("://")?;
        // Some clients take a backslash for a slash, others do not.
        if url.contains('\\') {
            return None;
        }
        let authority = rest.split(['/', '?', '#']).next()?;
        let address = Address {
            scheme: scheme.to_ascii_lowercase(),
            authority: authority.to_ascii_lowercase(),
        };
        (!address.host().is_empty() && !authority.contains('@')).then_some(address)
    }

    fn host(&self) -> &str {
        match self.authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
            _ => &self.authority,
        }
    }

    /// Whether a token may go there: over TLS, or to this machine itself.
    pub fn may_take_a_token(&self) -> bool {
        match self.scheme.as_str() {
            "https" => true,
            "http" => self.is_this_machine(),
            _ => false,
        }
    }

    /// Whether it is this machine's own, by one of its usual names.
    pub fn is_this_machine(&self) -> bool {
        ["127.0.0.1", "localhost", "[::1]"].contains(&self.host())
    }
}

/// Scheme, host and port.
impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_over_tls_or_to_this_machine() {
        let safe = |url: &str| Address::parse(url).is_some_and(|a| a.may_take_a_token());
        for url in [
            "https://x.example/a?b",
            "HTTPS://x.example",
            "http://127.0.0.1:9/x",
            "http://localhost",
            "http://[::1]:80/",
        ] {
            assert!(safe(url), "{url}");
        }
        for url in [
            "http://x.example",
            "http://localhost.nip.io",
            "http://127.0.0.1:1@127.0.0.1:18777",
            "http://localhost\\@x.example",
            "https://user@x.example",
            "ftp://x",
            "https://",
            "https://:443",
            "x.example",
            "",
        ] {
            assert!(!safe(url), "{url}");
        }
    }

    #[test]
    fn an_address_is_shown_without_its_path() {
        let shown = |url: &str| Address::parse(url).map(|a| a.to_string());
        assert_eq!(
            shown("https://x.example:8/a/b?c"),
            Some("https://x.example:8".into())
        );
    }
}
