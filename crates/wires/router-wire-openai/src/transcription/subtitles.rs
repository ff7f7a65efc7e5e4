//! Segments as subtitles.

use router_core::audio::Segment;

/// Subtitles in the form `srt`: numbered, with commas in the times.
pub(super) fn srt(segments: &[Segment]) -> String {
    let cue = |(at, segment): (usize, &Segment)| {
        let (start, end) = (time(segment.start, ','), time(segment.end, ','));
        format!("{}\n{start} --> {end}\n{}\n\n", at + 1, words(segment))
    };
    segments.iter().enumerate().map(cue).collect()
}

/// Subtitles in the form `vtt`: headed, with points in the times.
pub(super) fn vtt(segments: &[Segment]) -> String {
    let cue = |segment: &Segment| {
        let (start, end) = (time(segment.start, '.'), time(segment.end, '.'));
        format!("{start} --> {end}\n{}\n\n", words(segment))
    };
    let cues: String = segments.iter().map(cue).collect();
    format!("WEBVTT\n\n{cues}")
}

/// A blank line would end the cue.
fn words(segment: &Segment) -> String {
    let lines = segment
        .text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let text = lines.collect::<Vec<_>>().join("\n");
    match &segment.speaker {
        Some(speaker) => format!("{speaker}: {text}"),
        None => text,
    }
}

fn time(seconds: f64, point: char) -> String {
    let millis = (seconds.max(0.0) * 1000.0).round() as u64;
    let (hours, minutes) = (millis / 3_600_000, millis / 60_000 % 60);
    let (seconds, millis) = (millis / 1000 % 60, millis % 1000);
    format!("{hours:02}:{minutes:02}:{seconds:02}{point}{millis:03}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_cues() {
        let mut second = Segment::new(3599.9996, 3661.5, " two\n\nlines ");
        second.speaker = Some("A".into());
        let segments = [Segment::new(0.0, 1.25, " Hello."), second];
        assert_eq!(
            srt(&segments),
            "1\n00:00:00,000 --> 00:00:01,250\nHello.\n\n2\n01:00:00,000 --> 01:01:01,500\nA: two\nlines\n\n"
        );
        assert_eq!(
            vtt(&segments[..1]),
            "WEBVTT\n\n00:00:00.000 --> 00:00:01.250\nHello.\n\n"
        );
    }
}
