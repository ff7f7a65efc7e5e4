//! Check 7 of the list of bugs in the wild: the same policy gives the same attempts, for streams and whole answers alike.

use proptest::prelude::{
    Just, ProptestConfig, Strategy as Drawn, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest,
};
use router_balance::{Balance, BalanceOptions, Fallbacks, Strategy};
use router_core::error::TimeoutKind;
use router_core::{Call, Context, ErrorKind};

use crate::vendor::{Vendor, answered, attempts, came_to, streamed, whole, with};

const KINDS: [ErrorKind; 14] = [
    ErrorKind::Authentication,
    ErrorKind::PermissionDenied,
    ErrorKind::NotFound,
    ErrorKind::InvalidRequest,
    ErrorKind::ContextLengthExceeded,
    ErrorKind::ContentFiltered,
    ErrorKind::RateLimited,
    ErrorKind::QuotaExceeded,
    ErrorKind::Overloaded,
    ErrorKind::Server,
    ErrorKind::Timeout(TimeoutKind::FirstContent),
    ErrorKind::Transport,
    ErrorKind::Unsupported,
    ErrorKind::Truncated,
];

/// What a vendor does: fails in a way, or answers.
fn behaviour() -> impl Drawn<Value = Option<ErrorKind>> {
    prop_oneof![
        3 => prop::sample::select(&KINDS[..]).prop_map(Some),
        1 => Just(None),
    ]
}

/// What is drawn for one case.
#[derive(Clone, Debug)]
struct Table {
    targets: Vec<Option<ErrorKind>>,
    context_length: Vec<Option<ErrorKind>>,
    content_filtered: Vec<Option<ErrorKind>>,
    any: Vec<Option<ErrorKind>>,
    strategy: Strategy,
    without_fallbacks: bool,
    attempts: u32,
    passes: usize,
    seed: u64,
}

fn table() -> impl Drawn<Value = Table> {
    let list = |most| prop::collection::vec(behaviour(), 0..=most);
    (
        prop::collection::vec(behaviour(), 1..5),
        (list(2), list(2), list(2)),
        prop::sample::select(Strategy::ALL),
        any::<bool>(),
        1..6_u32,
        1..3_usize,
        any::<u64>(),
    )
        .prop_map(
            |(
                targets,
                (context_length, content_filtered, any),
                strategy,
                without_fallbacks,
                attempts,
                passes,
                seed,
            )| {
                Table {
                    targets,
                    context_length,
                    content_filtered,
                    any,
                    strategy,
                    without_fallbacks,
                    attempts,
                    passes,
                    seed,
                }
            },
        )
}

impl Table {
    fn balance(&self) -> Balance {
        let vendor = |list: &str, place: usize, behaviour: &Option<ErrorKind>| {
            let id = format!("{list}{place}");
            let vendor = match behaviour {
                Some(kind) => Vendor::failing(&id, *kind),
                None => Vendor::well(&id),
            };
            vendor.target()
        };
        let targets = |list: &str, behaviours: &[Option<ErrorKind>]| {
            let places = behaviours.iter().enumerate();
            places
                .map(|(place, behaviour)| vendor(list, place, behaviour))
                .collect::<Vec<_>>()
        };
        let mut builder = Balance::builder()
            .id("route")
            .strategy(self.strategy)
            .seed(self.seed);
        for target in targets("target", &self.targets) {
            builder = builder.target(target);
        }
        let mut fallbacks = Fallbacks::default();
        fallbacks.context_length = targets("longer", &self.context_length);
        fallbacks.content_filtered = targets("unfiltered", &self.content_filtered);
        fallbacks.any = targets("any", &self.any);
        builder.fallbacks(fallbacks).build().expect("it builds")
    }

    fn context(&self) -> Context {
        let context = Context::new().with_attempts(self.attempts);
        if self.without_fallbacks {
            context.with_extension(BalanceOptions::new().without_fallbacks())
        } else {
            context
        }
    }

    /// The attempts that a call makes, and how it ends.
    async fn run(&self, call: Call) -> (Vec<(String, Option<ErrorKind>)>, Option<ErrorKind>) {
        let (balance, call) = (self.balance(), with(call, self.context()));
        let mut end = None;
        for _ in 0..self.passes {
            end = answered(&balance, &call).await.err().map(|error| error.kind());
            if end.is_none() {
                break;
            }
        }
        if self.without_fallbacks {
            let came = came_to(&call);
            assert!(came.iter().all(|vendor| *vendor == came[0]), "{came:?}");
        }
        (attempts(&call), end)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn streams_and_whole_answers_make_the_same_attempts(table in table()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
        let (whole, streamed) = runtime.block_on(async {
            (table.run(whole()).await, table.run(streamed()).await)
        });
        prop_assert_eq!(&whole, &streamed);
        let most = table.attempts as usize + table.passes - 1;
        prop_assert!(whole.0.len() <= most, "{} attempts of {most}", whole.0.len());
    }
}
