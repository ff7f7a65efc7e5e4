//! What comes in one burst goes out in a few writes. This leans on when hyper flushes, so it is counted at the socket.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::gateway::gateway;
use crate::loopback::{Then, Vendor};

/// Events of a burst.
const EVENTS: usize = 68;

/// Most frames that a burst goes out in; four when nothing else runs on the machine.
const MOST: usize = 8;

/// A stream of events, each in a chunk of its own, in one piece.
fn burst() -> Vec<u8> {
    let mut answer =
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let delta = |delta: &str, finish: &str| {
        format!(
            "data: {{\"id\":\"c-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}]}}\n\n"
        )
    };
    let mut frames = vec![delta(r#"{"content":" word"}"#, "null"); EVENTS];
    frames.push(delta("{}", "\"stop\""));
    frames.push("data: [DONE]\n\n".to_owned());
    for frame in frames {
        answer.extend_from_slice(format!("{:x}\r\n{frame}\r\n", frame.len()).as_bytes());
    }
    answer.extend_from_slice(b"0\r\n\r\n");
    answer
}

#[tokio::test]
async fn a_burst_of_events_goes_out_in_a_few_frames() {
    let vendor = Vendor::start(vec![burst()], Then::Hang).await;
    let address = gateway("openai", format!("http://{}/v1", vendor.address)).await;
    let mut client = TcpStream::connect(&address).await.expect("the gateway");
    let body = r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"Count"}]}"#;
    let request = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    client.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n0\r\n\r\n") {
        let read = client.read_buf(&mut answer).await.expect("an answer");
        assert_ne!(read, 0, "{}", String::from_utf8_lossy(&answer));
    }
    let answer = String::from_utf8(answer).expect("text");
    let (_, mut rest) = answer.split_once("\r\n\r\n").expect("a head");
    let (mut frames, mut words) = (0, 0);
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).expect("the size of a chunk");
        if size == 0 {
            break;
        }
        frames += 1;
        words += after[..size].matches(" word").count();
        rest = &after[size + 2..];
    }
    assert_eq!(words, EVENTS, "nothing is lost");
    println!("{EVENTS} events in {frames} frames");
    assert!(frames <= MOST, "{EVENTS} events in {frames} frames");
}
