//! Whose certificates count for newgate's own requests.

use std::fs;
use std::path::PathBuf;

use ureq::tls::{Certificate, PemItem, RootCerts, parse_pem};

use crate::environment;

/// The certificates in `SSL_CERT_FILE` and `SSL_CERT_DIR`, which replace the usual ones as in OpenSSL; Mozilla's if
/// neither is set.
///
/// # Errors
/// A file that is named cannot be read, or no certificate is in any; in words for people.
pub(super) fn roots() -> Result<RootCerts, String> {
    let file = environment::variable("SSL_CERT_FILE").map(PathBuf::from);
    let folders = environment::folders("SSL_CERT_DIR");
    if file.is_none() && folders.is_empty() {
        return Ok(RootCerts::WebPki);
    }
    let mut certificates: Vec<Certificate<'static>> = Vec::new();
    if let Some(file) = &file {
        let pem = fs::read(file).map_err(|e| {
            format!(
                "`SSL_CERT_FILE` names `{}`, which cannot be read: {e}",
                file.display()
            )
        })?;
        certificates.extend(in_pem(&pem));
    }
    let listed = folders.iter().filter_map(|f| fs::read_dir(f).ok());
    for entry in listed.flatten().flatten() {
        // A folder of certificates may hold other files.
        certificates.extend(in_pem(&fs::read(entry.path()).unwrap_or_default()));
    }
    match certificates.is_empty() {
        true => Err("`SSL_CERT_FILE` and `SSL_CERT_DIR` name no certificate".into()),
        false => Ok(RootCerts::new_with_certs(&certificates)),
    }
}

fn in_pem(pem: &[u8]) -> Vec<Certificate<'static>> {
    let items = parse_pem(pem).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    });
    items.collect()
}
