//! The product reads files and writes files: nothing in it can open a connection.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeSet;
use std::process::Command;

const CLIENTS: [&str; 16] = [
    "attohttpc",
    "curl",
    "h2",
    "http",
    "hyper",
    "isahc",
    "minreq",
    "native-tls",
    "object_store",
    "openssl",
    "quinn",
    "reqwest",
    "rustls",
    "surf",
    "ureq",
    "webpki",
];

/// Every crate that goes into the program, with the edges of this kind.
fn crates(edges: &str) -> BTreeSet<String> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["tree", "-p", "bidui", "--edges", edges, "--prefix", "none", "--format", "{p}", "--offline"]);
    let text = support::say(command.current_dir(support::repository())).expect(0).stdout;
    text.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn the_program_holds_no_http_client() {
    let all = crates("normal");
    assert!(all.contains("polars") && all.len() > 100, "{}", all.len());
    let clients: Vec<&String> = all.iter().filter(|name| is_client(name)).collect();
    assert!(clients.is_empty(), "{clients:?}");
}

/// polars-core takes its scheduler from tokio whatever its features: the one thing with sockets in it, which nothing of ours asks for.
#[test]
fn only_polars_asks_for_an_async_runtime() {
    let mut command = Command::new(env!("CARGO"));
    command.args(["tree", "-p", "bidui", "--edges", "normal", "--invert", "tokio", "--depth", "1", "--offline"]);
    let text = support::say(command.args(["--prefix", "none", "--format", "{p}"]).current_dir(support::repository()));
    for name in text.expect(0).stdout.lines().filter_map(|line| line.split_whitespace().next()) {
        assert!(name == "tokio" || name.starts_with("tokio-util") || name.starts_with("polars-"), "{name}");
    }
}

/// The crate itself or one of its family, such as `hyper-util`.
fn is_client(name: &str) -> bool {
    CLIENTS.iter().any(|client| name == *client || name.strip_prefix(client).is_some_and(|rest| rest.starts_with('-')))
}

#[test]
fn a_client_would_be_seen() {
    assert!(is_client("hyper-util") && is_client("openssl-sys") && !is_client("httparsed") && !is_client("curlew"));
}
