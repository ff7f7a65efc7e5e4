//! A Redis of one test's own, which can be paused, killed and started again, and a wire to it that can be slow or refuse.
//!
//! Both live on loopback, on ports that were free, and end with the test.

use std::fmt;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Programs that are a Redis, in the order they are looked for.
const PROGRAMS: [&str; 2] = ["redis-server", "valkey-server"];
/// Names of files in a server's folder.
const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";
/// How long a server may take to answer first.
const START_LIMIT: Duration = Duration::from_secs(10);

/// A Redis server.
#[derive(Debug)]
pub struct RedisServer {
    program: &'static str,
    folder: PathBuf,
    port: u16,
    tls_port: Option<u16>,
    child: Child,
}

impl RedisServer {
    /// Starts a server with nothing in it. `None` where none is installed: the test then returns, and says so in the way that
    /// counts as skipped.
    ///
    /// # Panics
    /// Where none is installed and `CI` is set, and when it does not start.
    #[must_use]
    pub fn start() -> Option<Self> {
        Self::start_as(false)
    }

    /// The same, and beside it on another port with TLS, with a certificate that it signed itself.
    ///
    /// # Panics
    /// As [`RedisServer::start`] does; also when what is installed was built without TLS.
    #[must_use]
    pub fn start_with_tls() -> Option<Self> {
        Self::start_as(true)
    }

    fn start_as(has_tls: bool) -> Option<Self> {
        let found = PROGRAMS.into_iter().find(|program| {
            let mut command = Command::new(program);
            command
                .arg("--version")
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        });
        let Some(program) = found else {
            let missing = "no redis-server on the PATH (cargo xtask test --setup installs one)";
            assert!(std::env::var_os("CI").is_none(), "{missing}");
            println!("skipped: {missing}");
            return None;
        };
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("router-redis-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder for temporary files can be written");
        if has_tls && !certify(&folder) {
            let missing = "no openssl on the PATH, to make a certificate with";
            assert!(std::env::var_os("CI").is_none(), "{missing}");
            println!("skipped: {missing}");
            return None;
        }
        // Between here and the server's start somebody else may take the port; then another one is tried.
        for _ in 0..5 {
            let port = free_port();
            let tls_port = has_tls.then(free_port);
            let child = spawn(program, &folder, port, tls_port);
            let mut server = Self {
                program,
                folder: folder.clone(),
                port,
                tls_port,
                child,
            };
            if server.answers_in_time() {
                return Some(server);
            }
        }
        panic!("{program} does not start");
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://{}", self.address())
    }

    /// Where it speaks TLS.
    ///
    /// # Panics
    /// When it was started without.
    #[must_use]
    pub fn tls_url(&self) -> String {
        let port = self.tls_port.expect("it was started with TLS");
        format!("rediss://127.0.0.1:{port}")
    }

    /// The file of the certificate that it speaks TLS with.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.folder.join(CERTIFICATE)
    }

    /// Where it is, as an address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// Stops the process where it is: connections stay, nothing is answered.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets the process go on.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// Kills it. What was in it is lost.
    pub fn kill(&mut self) {
        // A process that is stopped is killed all the same.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it again, empty, where it was.
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart(&mut self) {
        self.kill();
        self.child = spawn(self.program, &self.folder, self.port, self.tls_port);
        assert!(self.answers_in_time(), "{} does not start again", self.program);
    }

    /// Runs one command on a connection of its own, and gives the answer as Redis wrote it, without type marks.
    ///
    /// # Panics
    /// When the server does not answer.
    #[must_use]
    pub fn command(&self, words: &[&str]) -> String {
        self.try_command(words).expect("the server answers")
    }

    /// How many clients are connected, the asking one aside.
    ///
    /// # Panics
    /// When the server does not answer.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.command(&["CLIENT", "LIST"])
            .lines()
            .filter(|line| line.contains("addr="))
            .count()
            - 1
    }

    fn try_command(&self, words: &[&str]) -> std::io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&self.address(), Duration::from_millis(500))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let mut request = format!("*{}\r\n", words.len());
        for word in words {
            request.push_str(&format!("${}\r\n{word}\r\n", word.len()));
        }
        stream.write_all(request.as_bytes())?;
        let mut answer = BufReader::new(stream);
        let mut line = String::new();
        answer.read_line(&mut line)?;
        let (mark, rest) = line.trim_end().split_at(usize::from(!line.is_empty()));
        let length = rest.parse::<usize>();
        match (mark, length) {
            ("$", Ok(length)) => {
                let mut text = vec![0; length];
                answer.read_exact(&mut text)?;
                Ok(String::from_utf8_lossy(&text).into_owned())
            }
            ("+" | ":" | "-" | "$" | "*", _) => Ok(rest.to_owned()),
            _ => Err(std::io::Error::other("no answer of Redis's")),
        }
    }

    fn answers_in_time(&mut self) -> bool {
        let start = Instant::now();
        while start.elapsed() < START_LIMIT {
            if self.try_command(&["PING"]).is_ok_and(|answer| answer == "PONG") {
                return true;
            }
            if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        false
    }

    fn signal(&self, name: &str) {
        let mut kill = Command::new("kill");
        kill.arg(format!("-{name}")).arg(self.child.id().to_string());
        let done = kill.status().is_ok_and(|status| status.success());
        assert!(done, "the server cannot be sent {name}");
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn spawn(program: &str, folder: &Path, port: u16, tls_port: Option<u16>) -> Child {
    let mut command = Command::new(program);
    command
        .args([
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            "--daemonize",
            "no",
        ])
        .args(["--port", &port.to_string()])
        .arg("--dir")
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Some(port) = tls_port {
        command.args(["--tls-port", &port.to_string(), "--tls-auth-clients", "no"]);
        for (option, name) in [("--tls-cert-file", CERTIFICATE), ("--tls-key-file", KEY)] {
            command.arg(option).arg(folder.join(name));
        }
        // Redis wants one, though it asks clients for none.
        command.arg("--tls-ca-cert-file").arg(folder.join(CERTIFICATE));
    }
    command.spawn().expect("a program that is there starts")
}

/// Makes a key, and a certificate that is its own authority, in a folder.
fn certify(folder: &Path) -> bool {
    let settings = folder.join("certificate.conf");
    let text = "[req]\nprompt = no\ndistinguished_name = name\nx509_extensions = more\n[name]\nCN = redis\n\
                [more]\nsubjectAltName = IP:127.0.0.1\nbasicConstraints = critical,CA:FALSE\n";
    std::fs::write(&settings, text).expect("a folder for temporary files can be written");
    let mut command = Command::new("openssl");
    command.args("req -x509 -nodes -days 2 -newkey ec -pkeyopt ec_paramgen_curve:P-256".split(' '));
    command.arg("-config").arg(settings);
    command.arg("-keyout").arg(folder.join(KEY));
    command.arg("-out").arg(folder.join(CERTIFICATE));
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    listener
        .local_addr()
        .expect("a bound socket has an address")
        .port()
}

/// A wire to a server, on a port of its own, that does not always carry.
#[derive(Clone, Debug)]
pub struct RedisWire {
    port: u16,
    shared: Arc<Shared>,
}

/// What a wire does with what comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireMode {
    /// Carries it.
    Open,
    /// Carries each answer so much later.
    Slow(Duration),
    /// Keeps it until told otherwise: connections stay, nothing arrives.
    Silent,
    /// Closes new connections, and those that there are.
    Refusing,
}

struct Shared {
    mode: Mutex<WireMode>,
    server: SocketAddr,
    closed: AtomicBool,
    /// Both ends of what is open.
    open: Mutex<Vec<(usize, TcpStream, TcpStream)>>,
    made: AtomicUsize,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("mode", &self.mode())
            .finish_non_exhaustive()
    }
}

impl RedisWire {
    /// A wire to a server.
    ///
    /// # Panics
    /// When loopback has no free port.
    #[must_use]
    pub fn to(server: &RedisServer) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        let port = listener
            .local_addr()
            .expect("a bound socket has an address")
            .port();
        let shared = Arc::new(Shared {
            mode: Mutex::new(WireMode::Open),
            server: server.address(),
            closed: AtomicBool::new(false),
            open: Mutex::default(),
            made: AtomicUsize::new(0),
        });
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if accepting.closed.load(Ordering::Acquire) {
                    return;
                }
                accepting.accept(stream);
            }
        });
        Self { port, shared }
    }

    /// Where it begins.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// From now on does this.
    pub fn set(&self, mode: WireMode) {
        *lock(&self.shared.mode) = mode;
        if mode == WireMode::Refusing {
            self.cut();
        }
    }

    /// Breaks all connections.
    pub fn cut(&self) {
        for (_, client, server) in lock(&self.shared.open).iter() {
            let _ = client.shutdown(Shutdown::Both);
            let _ = server.shutdown(Shutdown::Both);
        }
    }

    /// How many connections clients have made.
    #[must_use]
    pub fn made(&self) -> usize {
        self.shared.made.load(Ordering::Acquire)
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends the wire: its port refuses from now on.
    pub fn close(&self) {
        self.shared.closed.store(true, Ordering::Release);
        // Wakes the thread that accepts.
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
        self.cut();
    }
}

impl Shared {
    fn mode(&self) -> WireMode {
        *lock(&self.mode)
    }

    fn accept(self: &Arc<Self>, client: TcpStream) {
        if self.mode() == WireMode::Refusing {
            return;
        }
        let Ok(server) = TcpStream::connect(self.server) else {
            return;
        };
        let _ = client.set_nodelay(true);
        let _ = server.set_nodelay(true);
        let number = self.made.fetch_add(1, Ordering::AcqRel);
        let ends = [
            client.try_clone(),
            client.try_clone(),
            server.try_clone(),
            server.try_clone(),
        ];
        let [Ok(from_client), Ok(to_client), Ok(from_server), Ok(to_server)] = ends else {
            return;
        };
        lock(&self.open).push((number, client, server));
        let up = Arc::clone(self);
        std::thread::spawn(move || {
            up.carry(from_client, &to_server, false);
            lock(&up.open).retain(|(open, ..)| *open != number);
        });
        let down = Arc::clone(self);
        std::thread::spawn(move || down.carry(from_server, &to_client, true));
    }

    /// Carries bytes one way until an end closes.
    fn carry(&self, mut from: TcpStream, mut to: &TcpStream, answers: bool) {
        let _ = from.set_read_timeout(Some(TICK));
        let mut buffer = [0; 16 * 1024];
        let mut kept = Vec::new();
        loop {
            match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => kept.extend_from_slice(&buffer[..count]),
                Err(error) if is_tick(&error) => {}
                Err(_) => break,
            }
            let mode = self.mode();
            if kept.is_empty() || mode == WireMode::Silent {
                continue;
            }
            if let (WireMode::Slow(delay), true) = (mode, answers) {
                std::thread::sleep(delay);
            }
            if to.write_all(&kept).is_err() {
                break;
            }
            kept.clear();
        }
        let _ = to.shutdown(Shutdown::Both);
        let _ = from.shutdown(Shutdown::Both);
    }
}

/// How often a wire looks whether it has been told something else.
const TICK: Duration = Duration::from_millis(5);

fn is_tick(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
    )
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
