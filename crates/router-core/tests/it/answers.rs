//! Any answer, for properties.

use proptest::prelude::*;
use router_core::chat::{Choice, Logprobs, TokenLogprob};
use router_core::content::{Citation, Opaque, Reasoning, Refusal, Riders, TextPart};
use router_core::tool::{ServerToolCall, ToolCallKind};
use router_core::{
    CacheMark, ChatResponse, ContentPart, Extra, FinishReason, Json, Media, Signature, Text, ToolCall, Usage,
};

/// A text that is not empty.
pub(crate) fn words() -> impl Strategy<Value = Text> {
    "[ -~äß😀\n]{1,16}".prop_map(Text::from)
}

fn extra() -> impl Strategy<Value = Extra> {
    prop::collection::btree_map("[a-z]{1,4}", any::<u16>(), 0..3).prop_map(|fields| {
        let fields = fields
            .into_iter()
            .map(|(name, value)| (Text::from(name), Json::of(&value).expect("a number is JSON")))
            .collect();
        Extra::of("wire", fields)
    })
}

fn riders() -> impl Strategy<Value = Riders> {
    (prop::option::of("[a-zA-Z0-9+/=]{1,12}"), any::<bool>(), extra()).prop_map(
        |(signature, cached, extra)| {
            let mut riders = Riders::new();
            riders.set_signature(signature.map(|data| Signature::new("maker", data)));
            riders.set_cache(cached.then(CacheMark::new));
            riders.set_extra(extra);
            riders
        },
    )
}

fn opaque() -> impl Strategy<Value = Opaque> {
    any::<u16>().prop_map(|number| Opaque::new("maker", Json::of(&[number]).expect("a list is JSON")))
}

fn citation() -> impl Strategy<Value = Citation> {
    (words(), any::<Option<(u64, u64)>>()).prop_map(|(url, range)| {
        let mut citation = Citation::default();
        citation.url = Some(url);
        citation.range = range;
        citation
    })
}

fn part() -> impl Strategy<Value = ContentPart> {
    let citations = prop::collection::vec(citation(), 0..3);
    prop_oneof![
        3 => (words(), citations, riders()).prop_map(|(text, citations, riders)| {
            let mut part = TextPart::new(text);
            part.citations = citations;
            part.riders = riders;
            ContentPart::Text(part)
        }),
        2 => (words(), riders()).prop_map(|(text, riders)| {
            let mut part = Reasoning::new(text);
            part.riders = riders;
            ContentPart::Reasoning(part)
        }),
        1 => "[a-z]{1,8}".prop_map(|data| {
            let mut part = Reasoning::default().with_signature(Signature::new("maker", data));
            part.redacted = true;
            ContentPart::Reasoning(part)
        }),
        1 => words().prop_map(|text| ContentPart::Refusal(Refusal::new(text))),
        3 => ("[a-z]{1,6}", "[a-z]{1,6}", "\\{\"a\":[0-9]{1,4}\\}", any::<bool>(), riders()).prop_map(
            |(id, name, arguments, custom, riders)| {
                let mut call = ToolCall::new(id, name, arguments);
                if custom {
                    call.kind = ToolCallKind::Custom;
                }
                call.riders = riders;
                ContentPart::ToolCall(call)
            }
        ),
        1 => ("[a-z]{1,6}", opaque()).prop_map(|(name, raw)| {
            ContentPart::ServerToolCall(ServerToolCall::new("maker", name, raw.raw))
        }),
        1 => "[a-z]{1,6}".prop_map(|name| {
            ContentPart::Media(Media::image_url(format!("https://example.com/{name}.png")))
        }),
        1 => opaque().prop_map(ContentPart::Opaque),
    ]
}

fn finish_reason() -> impl Strategy<Value = FinishReason> {
    prop_oneof![
        Just(FinishReason::Stop),
        Just(FinishReason::Length),
        Just(FinishReason::ToolCalls),
        Just(FinishReason::ContentFilter),
        Just(FinishReason::Error),
        words().prop_map(FinishReason::Other),
    ]
}

fn choice() -> impl Strategy<Value = Choice> {
    let logprobs = prop::option::of(prop::collection::vec(("[a-z]{1,4}", -9000..0_i32), 0..3));
    let parts = prop::collection::vec(part(), 0..6);
    (
        parts,
        finish_reason(),
        prop::option::of(words()),
        prop::option::of(words()),
        logprobs,
        extra(),
    )
        .prop_map(|(content, reason, raw, stop, logprobs, extra)| {
            let mut choice = Choice::new(0, content, reason);
            choice.finish_reason_raw = raw;
            choice.stop_sequence = stop;
            choice.logprobs = logprobs.map(|tokens| {
                Logprobs::of_content(
                    tokens
                        .into_iter()
                        .map(|(token, thousandths)| TokenLogprob::new(token, f64::from(thousandths) / 1000.0))
                        .collect(),
                )
            });
            choice.extra = extra;
            choice
        })
}

fn usage() -> impl Strategy<Value = Usage> {
    let counts = any::<[Option<u32>; 8]>();
    (any::<u32>(), any::<u32>(), counts).prop_map(|(input, output, counts)| {
        let mut usage = Usage::new(input.into(), output.into());
        let [read, written, hour, thought, heard, spoken, seen, drawn] =
            counts.map(|count| count.map(Into::into));
        usage.cache_read_input_tokens = read;
        usage.cache_creation_input_tokens = written;
        usage.cache_creation_1h_input_tokens = hour;
        usage.reasoning_output_tokens = thought;
        usage.audio_input_tokens = heard;
        usage.audio_output_tokens = spoken;
        usage.image_input_tokens = seen;
        usage.image_output_tokens = drawn;
        usage
    })
}

/// An answer in its normal form: no empty parts, no results of tools.
pub(crate) fn answer() -> impl Strategy<Value = ChatResponse> {
    let choices = prop::collection::vec(choice(), 1..4);
    let id = prop::option::of(words());
    (
        id,
        any::<Option<i64>>(),
        choices,
        prop::option::of(usage()),
        prop::option::of(words()),
        extra(),
    )
        .prop_map(|(id, created, mut choices, usage, tier, extra)| {
            for (index, choice) in (0..).zip(&mut choices) {
                choice.index = index;
            }
            let mut answer = ChatResponse::default();
            answer.id = id;
            answer.model = Some(Text::from_static("model-a"));
            answer.created = created;
            answer.choices = choices;
            answer.usage = usage;
            answer.service_tier = tier;
            answer.extra = extra;
            answer
        })
}
