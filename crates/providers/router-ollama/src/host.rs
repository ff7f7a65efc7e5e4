//! The address in `OLLAMA_HOST`, which is often no URL.

const PORT: &str = "11434";

/// The base URL that a value of `OLLAMA_HOST` stands for, as the vendor's own tools read it: `host`, `host:port`, `:port`, or
/// a URL. Without a scheme it is http on port 11434. An address to listen on, `0.0.0.0` or `::`, is this machine.
///
/// See <https://docs.ollama.com/faq>.
pub(crate) fn address(value: &str) -> String {
    let value = value.trim().trim_matches(['"', '\'']);
    let (scheme, rest) = value.split_once("://").unwrap_or(("http", value));
    let has_scheme = value.contains("://");
    if has_scheme && rest.is_empty() {
        return value.to_owned();
    }
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let (host, port) = split(authority);
    let host = match host {
        "" | "0.0.0.0" => "127.0.0.1",
        "::" | "[::]" => "[::1]",
        host => host,
    };
    // An IPv6 address stands in brackets.
    let host = if host.contains(':') && !host.starts_with('[') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let path = path.trim_end_matches('/');
    match port {
        Some(port) => format!("{scheme}://{host}:{port}{path}"),
        None if has_scheme => format!("{scheme}://{host}{path}"),
        None => format!("{scheme}://{host}:{PORT}{path}"),
    }
}

fn split(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        // A bare IPv6 address has colons, but no port.
        Some((host, port)) if (!host.contains(':') || host.ends_with(']')) && !port.is_empty() => {
            (host, Some(port))
        }
        Some((host, "")) if !host.contains(':') => (host, None),
        _ => (authority, None),
    }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn addresses_are_read_as_the_vendors_tools_read_them() {
        for (value, url) in [
            ("127.0.0.1", "http://127.0.0.1:11434"),
            ("box:8080", "http://box:8080"),
            (":8080", "http://127.0.0.1:8080"),
            ("0.0.0.0", "http://127.0.0.1:11434"),
            ("0.0.0.0:11435", "http://127.0.0.1:11435"),
            ("[::]:11435", "http://[::1]:11435"),
            ("::1", "http://[::1]:11434"),
            ("http://box", "http://box"),
            ("https://", "https://"),
            ("https://ollama.com/", "https://ollama.com"),
            ("https://box:8443/ollama/", "https://box:8443/ollama"),
            ("box/ollama", "http://box:11434/ollama"),
            (" \"box\" ", "http://box:11434"),
        ] {
            assert_eq!(address(value), url, "{value}");
        }
    }
}
