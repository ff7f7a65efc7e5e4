//! One run: so many calls of one row against the canned server, on one thread, and what they took.

use std::env;

use crate::canned::{ANSWER, PIECE, PLAIN, history};
use crate::count::allocations;

/// Calls before anything is counted: the connection is open and every buffer has its size.
const WARM_UP: usize = 4;

/// A client, used as its documentation shows.
#[expect(async_fn_in_trait, reason = "everything runs on one thread")]
pub trait Contender: Sized {
    /// A conversation in the form in which an application with this client would keep its texts.
    type History;

    /// A client of the server at `base_url`, the version segment included.
    fn connect(base_url: &str) -> Self;

    /// Keeps a conversation.
    fn keep(texts: Vec<String>) -> Self::History;

    /// Asks for a whole answer; gives its text's length.
    async fn unary(&self) -> usize;

    /// Asks for a streamed answer; gives the length of all its pieces.
    async fn stream(&self) -> usize;

    /// Builds a request of the whole conversation and sends it; gives the length of the answer's text.
    async fn history(&self, history: &Self::History) -> usize;
}

/// Runs what the command line says: `ROW BASE_URL CALLS SIZE`.
///
/// `SIZE` is the number of chunks for `stream` and of messages for `history`. Prints the allocations of all calls.
pub fn run<C: Contender>() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [row, base_url, calls, size] = &arguments[..] else {
        panic!("usage: ROW BASE_URL CALLS SIZE");
    };
    let calls: usize = calls.parse().expect("CALLS is a number");
    let size: usize = size.parse().expect("SIZE is a number");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let client = C::connect(base_url);
        let kept = C::keep(history(size.max(1)));
        let call = async || match row.as_str() {
            "plain" => assert_eq!(client.unary().await, PLAIN.len()),
            "unary" => assert_eq!(client.unary().await, ANSWER.len()),
            "stream" => assert_eq!(client.stream().await, size * PIECE.len()),
            "history" => assert_eq!(client.history(&kept).await, ANSWER.len()),
            other => panic!("no row {other}"),
        };
        for _ in 0..WARM_UP {
            call().await;
        }
        let before = allocations();
        for _ in 0..calls {
            call().await;
        }
        println!("allocations {}", allocations() - before);
    });
}
