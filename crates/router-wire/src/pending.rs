//! A reply that is not the answer yet: what is asked next, and after which pause.

use std::time::Duration;

use router_core::Text;

use crate::message::HttpRequest;

/// A vendor is still at work: what to ask it next.
///
/// [`Codec::pending`](crate::Codec::pending) makes one of a reply, and is given it back with the reply to it: a job that is
/// asked about again and again, or the stream of one, needs no state in the codec and no clock.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Pending {
    /// What is sent next. A `GET` that fails in a way that may pass is sent again.
    pub request: HttpRequest,
    /// The address in front of its path, where it is not that of the provider: `https://stream.example.com`.
    pub address: Option<String>,
    /// Whether the key goes to that address. It always goes to the provider's own.
    pub keyed: bool,
    /// How long to wait before.
    pub pause: Duration,
    /// Whether the reply is streamed.
    pub streams: bool,
    /// What ends the job when nobody waits for it any more, at the provider's own address.
    pub cancel: Option<HttpRequest>,
    /// The vendor's id of the job.
    pub job: Option<Text>,
    /// The model that the job runs on, in the vendor's words.
    pub model: Option<Text>,
}

impl Pending {
    /// Sends this next, at once, to the provider's own address.
    #[must_use]
    pub fn new(request: HttpRequest) -> Self {
        Self {
            request,
            address: None,
            keyed: false,
            pause: Duration::ZERO,
            streams: false,
            cancel: None,
            job: None,
            model: None,
        }
    }

    /// Gets a whole address that the vendor gave; `None` for what is none. The key goes along when its host is, or is below,
    /// one of `hosts` and nobody can listen.
    #[must_use]
    pub fn get_url(url: &str, hosts: &[&str]) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let at = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(at);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':');
        if !matches!(scheme, "https" | "http") || authority.is_empty() || !authority.bytes().all(plain) {
            return None;
        }
        let path = path.split('#').next().unwrap_or_default();
        let host = authority.split(':').next().unwrap_or_default();
        let of = |known: &&str| {
            host.strip_suffix(*known)
                .is_some_and(|front| front.is_empty() || front.ends_with('.'))
        };
        Some(Self {
            address: Some(format!("{scheme}://{authority}")),
            keyed: scheme == "https" && hosts.iter().any(of),
            ..Self::new(HttpRequest::get(path))
        })
    }

    /// After a pause that grows by half each time, from `first` to `most`.
    #[must_use]
    pub fn after(mut self, before: Option<&Self>, first: Duration, most: Duration) -> Self {
        self.pause = match before {
            Some(before) if before.pause >= first => (before.pause * 3 / 2).min(most),
            _ => first,
        };
        self
    }

    /// With a streamed reply.
    #[must_use]
    pub fn streamed(mut self) -> Self {
        self.streams = true;
        self
    }

    /// With what ends the job.
    #[must_use]
    pub fn with_cancel(mut self, request: HttpRequest) -> Self {
        self.cancel = Some(request);
        self
    }

    /// With the vendor's names of the job and of its model.
    #[must_use]
    pub fn with_job(mut self, job: Option<Text>, model: Option<Text>) -> Self {
        self.job = job;
        self.model = model;
        self
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Pending;
    use crate::message::HttpRequest;

    #[test]
    fn a_key_follows_to_the_vendor_alone() {
        let keyed = |url: &str| Pending::get_url(url, &["vendor.example"]).map(|next| next.keyed);
        for own in [
            "https://vendor.example/a?b=c",
            "https://eu.vendor.example",
            "https://vendor.example:443/a",
        ] {
            assert_eq!(keyed(own), Some(true), "{own}");
        }
        for other in [
            "http://vendor.example/a",
            "https://evilvendor.example/a",
            "https://vendor.example.evil/a",
            "https://evil.example/vendor.example",
            "https://evil.example?vendor.example",
        ] {
            assert_eq!(keyed(other), Some(false), "{other}");
        }
        for none in [
            "",
            "vendor.example/a",
            "ftp://vendor.example",
            "https://",
            "https:///a",
            "https://a@vendor.example/",
            "https://evil\\.vendor.example/",
        ] {
            assert_eq!(keyed(none), None, "{none}");
        }
        let next = Pending::get_url("https://vendor.example/a?b=c#d", &[]).expect("an address");
        assert_eq!(next.address.as_deref(), Some("https://vendor.example"));
        assert_eq!(next.request.path, "/a?b=c");
    }

    #[test]
    fn pauses_grow_up_to_a_bound() {
        let (first, most) = (Duration::from_millis(500), Duration::from_secs(2));
        let mut last = None;
        let pauses: Vec<u128> = (0..6)
            .map(|_| {
                let next = Pending::new(HttpRequest::get("/job")).after(last.as_ref(), first, most);
                let pause = next.pause.as_millis();
                last = Some(next);
                pause
            })
            .collect();
        assert_eq!(pauses, [500, 750, 1125, 1687, 2000, 2000]);
    }
}
