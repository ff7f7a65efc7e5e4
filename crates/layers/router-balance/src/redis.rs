//! Cooldowns in Redis: a key each, which ends with the cooldown.

use std::time::Duration;

use router_core::{BoxFuture, Error, ErrorKind, ProviderId, Result, Text};
use router_redis::{Redis, RedisError, Script, pipe};

use crate::store::CooldownStore;

/// Leaves a longer time as it is. Times that are left travel, and no clock has to agree with another.
const PUT: &str = "if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then \
                   redis.call('SET', KEYS[1], '1', 'PX', ARGV[1]) end return 1";

/// Cooldowns of balancers in Redis, under `cooldown:BALANCER:TARGET` behind the prefix of its settings. Balancers of one id share
/// them. Clones share the connection.
#[derive(Clone, Debug)]
pub struct RedisCooldowns {
    redis: Redis,
    put: Script,
}

impl RedisCooldowns {
    /// Cooldowns in a Redis.
    #[must_use]
    pub fn new(redis: Redis) -> Self {
        Self {
            redis,
            put: Script::new(PUT),
        }
    }

    fn key(&self, balancer: &ProviderId, target: &Text) -> String {
        self.redis.key(&format!("cooldown:{balancer}:{target}"))
    }
}

impl CooldownStore for RedisCooldowns {
    fn put<'a>(
        &'a self,
        balancer: &'a ProviderId,
        target: &'a Text,
        left: Duration,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let millis = u64::try_from(left.as_millis()).unwrap_or(u64::MAX).max(1);
            let keys = [self.key(balancer, target)];
            let put = self.redis.run::<u8>(&self.put, &keys, &[millis]).await;
            put.map(drop).map_err(no_answer)
        })
    }

    fn left<'a>(
        &'a self,
        balancer: &'a ProviderId,
        targets: &'a [Text],
    ) -> BoxFuture<'a, Result<Vec<Duration>>> {
        Box::pin(async move {
            let mut commands = pipe();
            for target in targets {
                commands.cmd("PTTL").arg(self.key(balancer, target));
            }
            let left: Vec<i64> = self.redis.pipeline(&commands).await.map_err(no_answer)?;
            // Below zero: there is no such key.
            let left = left
                .into_iter()
                .map(|millis| u64::try_from(millis).unwrap_or_default());
            Ok(left.map(Duration::from_millis).collect())
        })
    }
}

fn no_answer(error: RedisError) -> Error {
    Error::new(ErrorKind::Transport, error.to_string()).with_source(error)
}
