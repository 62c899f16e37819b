//! The table `[server]`.

use super::reader::Table;
use super::{ConfigSigners, Others, Server};
use crate::policy::Pattern;

pub(super) fn read_server(table: &Table<'_>) -> Server {
    let mut server = Server::default();
    if table.has("protect") {
        server.protect = table.words("protect");
        for pattern in &server.protect {
            if let Err(why) = Pattern::new(pattern, true) {
                let what = format!("`{pattern}` is not a pattern: {why}");
                table.wrong_at("protect", what, None);
            }
        }
    }
    if let Some(choice) = table.choice("others", &Others::NAMED) {
        server.others = choice;
    }
    if let Some(budget) = table.seconds("budget") {
        server.budget = budget;
    }
    if let Some(choice) = table.choice("on-budget", &[("block", true), ("warn", false)]) {
        server.block_on_budget = choice;
    }
    server.accept_receipts = table.text("accept-receipts").map(str::to_owned);
    if table.has("config-signers") {
        let file = table.text("config-signers");
        server.config_signers = file.map_or(ConfigSigners::Unknown, |f| {
            ConfigSigners::Listed(f.to_owned())
        });
    }
    server
}
