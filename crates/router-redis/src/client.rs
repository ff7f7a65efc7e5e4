//! Sends commands: refused at once while Redis is down, and never waited for longer than the settings say.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use redis::io::tcp::TcpSettings;
use redis::{Cmd, FromRedisValue, IntoConnectionInfo as _, Pipeline, ToRedisArgs, Value};
use router_core::secret::mask_secrets;
use router_core::{Error, ErrorKind, Result};
use tokio::time::Instant;

use crate::breaker::{Admission, Answer, Breaker};
use crate::config::RedisConfig;
use crate::error::RedisError;
use crate::health::Health;
use crate::script::Script;
use crate::slot::Slots;
use crate::throttle::Throttle;

/// Answers by which Redis says that it cannot serve now; all others are about the command.
const CANNOT_SERVE: [&str; 10] = [
    "BUSY",
    "CLUSTERDOWN",
    "LOADING",
    "MASTERDOWN",
    "MISCONF",
    "NOAUTH",
    "NOREPLICAS",
    "OOM",
    "READONLY",
    "TRYAGAIN",
];

/// The Redis of a process. Clones share its connections.
///
/// Nothing is connected before the first command, so a process starts without Redis. Every command either has its result
/// within the time that the settings give, or [`RedisError::Down`]; while Redis is down, at once.
#[derive(Clone)]
pub struct Redis(Arc<Inner>);

struct Inner {
    config: RedisConfig,
    address: String,
    slots: Slots,
    breaker: Breaker,
    throttle: Throttle,
    last_failure: Mutex<Option<String>>,
}

/// What is sent in one round trip.
#[derive(Clone, Copy)]
enum Sent<'a> {
    Command(&'a Cmd),
    Pipeline(&'a Pipeline),
}

/// Why there is no value.
enum Failure {
    Down,
    Refused(redis::RedisError),
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis")
            .field("address", &self.0.address)
            .field("is_up", &self.is_up())
            .finish_non_exhaustive()
    }
}

impl Redis {
    /// A Redis by its settings. Connects to nothing yet.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] naming the setting.
    pub fn new(config: &RedisConfig) -> Result<Self> {
        let wrong = |message: String| Error::new(ErrorKind::Config, message);
        if config.connections == 0 {
            return Err(wrong("redis.connections is 0: at least 1 is needed".to_owned()));
        }
        if config.response_timeout.is_zero() || config.connect_timeout.is_zero() {
            return Err(wrong(
                "redis.response_timeout and redis.connect_timeout must be more than 0s".to_owned(),
            ));
        }
        let info = config.url.expose().into_connection_info().map_err(|error| {
            wrong(format!(
                "redis.url is no address of a Redis ({}); expected redis://HOST:PORT",
                mask_secrets(&error.to_string())
            ))
        })?;
        let info = info.set_tcp_settings(TcpSettings::default().set_nodelay(true));
        let address = info.addr().to_string();
        let client = crate::tls::open(info, config.ca_file.as_deref()).map_err(wrong)?;
        Ok(Self(Arc::new(Inner {
            address,
            slots: Slots::new(client, config),
            breaker: Breaker::new(config.connect_timeout + config.response_timeout),
            throttle: Throttle::default(),
            last_failure: Mutex::default(),
            config: config.clone(),
        })))
    }

    /// The Redis by other settings: this very one, with its connections, where nothing has changed.
    ///
    /// # Errors
    /// Those of [`Redis::new`].
    pub fn reload(&self, config: &RedisConfig) -> Result<Self> {
        if self.0.config == *config {
            return Ok(self.clone());
        }
        Self::new(config)
    }

    /// A key, behind the prefix of the settings.
    #[must_use]
    pub fn key(&self, name: &str) -> String {
        format!("{}:{name}", self.0.config.prefix)
    }

    /// Longest time that a command is waited for once it is sent.
    #[must_use]
    pub fn response_timeout(&self) -> Duration {
        self.0.config.response_timeout
    }

    /// Whether commands are sent; `false` while Redis counts as down.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.0.breaker.down_for(Instant::now()).is_none()
    }

    /// How Redis is doing.
    #[must_use]
    pub fn health(&self) -> Health {
        let down_for = self.0.breaker.down_for(Instant::now());
        let last_failure = self.0.last_failure.lock().unwrap_or_else(PoisonError::into_inner);
        Health {
            address: self.0.address.clone(),
            is_up: down_for.is_none(),
            down_for,
            last_failure: last_failure.clone(),
            connections: self.0.slots.open(),
        }
    }

    /// The value of a key.
    ///
    /// # Errors
    /// [`RedisError`].
    pub async fn get<T: FromRedisValue>(&self, key: &str) -> Result<Option<T>, RedisError> {
        self.query(redis::cmd("GET").arg(key)).await
    }

    /// Sets a key, for a time or for ever.
    ///
    /// # Errors
    /// [`RedisError`].
    pub async fn set(
        &self,
        key: &str,
        value: impl ToRedisArgs,
        ttl: Option<Duration>,
    ) -> Result<(), RedisError> {
        let mut command = redis::cmd("SET");
        command.arg(key).arg(value);
        if let Some(ttl) = ttl {
            let millis = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
            command.arg("PX").arg(millis.max(1));
        }
        self.query(&command).await
    }

    /// Deletes keys, and tells how many there were.
    ///
    /// # Errors
    /// [`RedisError`].
    pub async fn del(&self, keys: &[impl ToRedisArgs]) -> Result<u64, RedisError> {
        if keys.is_empty() {
            return Ok(0);
        }
        self.query(redis::cmd("DEL").arg(keys)).await
    }

    /// Runs a script: one round trip, two where Redis does not know the script yet.
    ///
    /// # Errors
    /// [`RedisError`].
    pub async fn run<T: FromRedisValue>(
        &self,
        script: &Script,
        keys: &[impl ToRedisArgs],
        arguments: &[impl ToRedisArgs],
    ) -> Result<T, RedisError> {
        let with = |mut command: Cmd| {
            command.arg(keys.len()).arg(keys).arg(arguments);
            command
        };
        match self.0.send(Sent::Command(&with(script.by_hash()))).await {
            Err(Failure::Refused(error)) if error.code() == Some("NOSCRIPT") => {
                typed(self.0.send(Sent::Command(&with(script.by_text()))).await)
            }
            result => typed(result),
        }
    }

    /// Runs any command.
    ///
    /// # Errors
    /// [`RedisError`].
    pub async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, RedisError> {
        typed(self.0.send(Sent::Command(command)).await)
    }

    /// Runs several commands in one round trip.
    ///
    /// # Errors
    /// [`RedisError`].
    pub async fn pipeline<T: FromRedisValue>(&self, commands: &Pipeline) -> Result<T, RedisError> {
        typed(self.0.send(Sent::Pipeline(commands)).await)
    }
}

impl Inner {
    async fn send(self: &Arc<Self>, sent: Sent<'_>) -> Result<Value, Failure> {
        match self.breaker.admit(Instant::now()) {
            Admission::Send => {}
            Admission::Refuse => return Err(Failure::Down),
            Admission::RefuseAndProbe => {
                let probed = Arc::clone(self);
                tokio::spawn(async move { probed.probe().await });
                return Err(Failure::Down);
            }
        }
        let slot = self.slots.next();
        let live = match self.slots.connection(slot, || !self.is_up()).await {
            Ok(Some(live)) => live,
            Ok(None) => return Err(Failure::Down),
            Err(error) => {
                let answer = match error.is_timeout() {
                    true => Answer::Bad,
                    false => Answer::Unreachable,
                };
                self.note(answer, &error);
                return Err(Failure::Down);
            }
        };
        let started = Instant::now();
        let result = sent.over(live.handle()).await;
        let took = started.elapsed();
        let is_alive = live.note(!matches!(&result, Err(error) if error.is_timeout()));
        match result {
            Err(error) if is_lost(&error) || !is_alive => {
                slot.discard(&live);
                self.note(Answer::Bad, &error);
                Err(Failure::Down)
            }
            Err(error)
                if error.is_timeout() || error.code().is_some_and(|code| CANNOT_SERVE.contains(&code)) =>
            {
                self.note(Answer::Bad, &error);
                Err(Failure::Down)
            }
            result => {
                if took <= self.config.slow_after {
                    self.note(Answer::Good, &"");
                } else {
                    self.note(
                        Answer::Bad,
                        &format_args!("answers take {} ms and more", took.as_millis()),
                    );
                }
                result.map_err(Failure::Refused)
            }
        }
    }

    /// Tries whether Redis answers in time again, on a connection that is kept if it does.
    async fn probe(&self) {
        let slot = self.slots.next();
        let is_good = match self.slots.connection(slot, || false).await {
            Ok(Some(live)) => {
                let started = Instant::now();
                let answer = Sent::Command(&redis::cmd("PING")).over(live.handle()).await;
                let is_good = answer.is_ok() && started.elapsed() <= self.config.slow_after;
                if !is_good {
                    slot.discard(&live);
                }
                is_good
            }
            Ok(None) | Err(_) => false,
        };
        let now = Instant::now();
        if let Some(down) = self.breaker.probed(is_good, now)
            && let Some(kept_back) = self.throttle.admit(now)
        {
            tracing::info!(
                address = self.address,
                down_ms = down.as_millis() as u64,
                kept_back,
                "Redis answers again"
            );
        }
    }

    /// Takes note of an answer; says so when Redis counts as down from now on.
    fn note(&self, answer: Answer, failure: &dyn fmt::Display) {
        let now = Instant::now();
        if !self.breaker.note(answer, now) {
            return;
        }
        self.slots.clear();
        let failure = mask_secrets(&failure.to_string()).into_owned();
        if let Some(kept_back) = self.throttle.admit(now) {
            tracing::warn!(
                address = self.address,
                failure,
                kept_back,
                "Redis does not answer; going on without it"
            );
        }
        *self.last_failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
    }

    fn is_up(&self) -> bool {
        self.breaker.down_for(Instant::now()).is_none()
    }
}

impl Sent<'_> {
    async fn over(self, mut connection: redis::aio::MultiplexedConnection) -> redis::RedisResult<Value> {
        match self {
            Self::Command(command) => command.query_async(&mut connection).await,
            Self::Pipeline(commands) => commands.query_async(&mut connection).await,
        }
    }
}

/// Whether the connection is of no more use.
fn is_lost(error: &redis::RedisError) -> bool {
    !error.is_timeout() && (error.is_unrecoverable_error() || error.is_io_error())
}

fn typed<T: FromRedisValue>(result: Result<Value, Failure>) -> Result<T, RedisError> {
    let value = result.map_err(|failure| match failure {
        Failure::Down => RedisError::Down,
        Failure::Refused(error) => RedisError::Refused(error.to_string()),
    })?;
    T::from_redis_value(value).map_err(|error| RedisError::Refused(error.to_string()))
}
