//! However a recorded stream is cut, its events are the same.

use crate::streams::{Recording, recordings};

/// Streams up to this many bytes are also cut in two at every byte, which takes the square of their length.
const SHORT: usize = 1024;

/// In longer ones every line is cut once in a pass, and again after so many bytes: with as many passes every byte was a cut.
const STRIDE: usize = 32;

#[test]
fn every_stream_byte_by_byte() {
    every(|stream| {
        let bytes = 1..stream.body.len();
        assert_eq!(
            stream.read(bytes, stream.body.len()),
            stream.whole(),
            "{}",
            stream.cassette.id
        );
    });
}

#[test]
fn every_short_stream_in_two() {
    every(|stream| {
        let end = stream.body.len();
        if end > SHORT {
            return;
        }
        let whole = stream.whole();
        for cut in 1..end {
            assert_eq!(
                stream.read([cut], end),
                whole,
                "{} cut at {cut}",
                stream.cassette.id
            );
        }
    });
}

#[test]
fn every_line_at_every_byte() {
    every(|stream| {
        let whole = stream.whole();
        let end = stream.body.len();
        let mut lines = stream.lines();
        lines.push(end);
        let longest = lines.windows(2).map(|line| line[1] - line[0]).max();
        for offset in 0..longest.unwrap_or_default().min(STRIDE) {
            let cuts = lines
                .windows(2)
                .flat_map(|line| (line[0] + offset..line[1]).step_by(STRIDE));
            let read = stream.read(cuts.filter(|cut| *cut > 0), end);
            assert_eq!(read, whole, "{} with lines cut at {offset}", stream.cassette.id);
        }
    });
}

fn every(check: impl Fn(&Recording)) {
    let Some(streams) = recordings() else { return };
    streams.iter().for_each(check);
    println!("{} streams cut", streams.len());
}
