//! The table `[server]`.

use toml::de::DeTable;

use super::reader::Reader;
use super::{Others, Server};
use crate::policy::Pattern;

pub(super) fn read_server(reader: &mut Reader, table: &DeTable<'_>) -> Server {
    const KEYS: [&str; 5] = [
        "protect",
        "others",
        "budget",
        "on-budget",
        "accept-receipts",
    ];
    reader.only(table, &KEYS, "in `[server]`");
    let mut server = Server::default();
    if let Some(value) = table.get("protect") {
        server.protect = reader.words(table, "protect");
        for pattern in &server.protect {
            if let Err(why) = Pattern::new(pattern, true) {
                reader.wrong(
                    value.span(),
                    format!("`{pattern}` is no pattern: {why}"),
                    None,
                );
            }
        }
    }
    let ways = [
        ("block", Others::Block),
        ("warn", Others::Warn),
        ("skip", Others::Skip),
    ];
    if let Some(choice) = reader.choice(table, "others", &ways) {
        server.others = choice;
    }
    if let Some(budget) = reader.seconds(table, "budget") {
        server.budget = budget;
    }
    if let Some(choice) = reader.choice(table, "on-budget", &[("block", true), ("warn", false)]) {
        server.block_on_budget = choice;
    }
    server.accept_receipts = reader
        .text(table, "accept-receipts")
        .map(|(t, _)| t.to_owned());
    server
}
