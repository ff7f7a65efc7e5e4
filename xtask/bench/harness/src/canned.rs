//! What is asked and what is answered, the same for every contender.

/// The model that is asked for.
pub const MODEL: &str = "gpt-4o-mini";

/// The key that is sent.
pub const KEY: &str = "sk-bench-0123456789abcdef0123456789abcdef";

/// What the rows `unary` and `stream` ask.
pub const QUESTION: &str =
    "Explain in two sentences why a router between an application and its models must not be felt.";

/// The text of a plain answer.
pub const PLAIN: &str = "A router stands in the path of every call, so whatever it costs is paid on each of them, by people \
who wait for a first word.";

/// The text of a whole answer.
pub const ANSWER: &str = "A router stands in the path of every call, so whatever it costs is paid on each of them, by people \
who wait for a first word. If it takes microseconds where the network takes milliseconds and the model takes seconds, nobody \
has a reason to go around it.\n\nThat is why it parses once, copies nothing it need not copy, and \"hands on\" what it was given.";

/// The piece of text in each chunk of a stream.
pub const PIECE: &str = " together";

/// Messages of the history, before they are asked for in another number.
pub const MESSAGES: usize = 64;

/// Bytes of text in the history, whatever the number of its messages.
pub const HISTORY_BYTES: usize = 33_000;

/// A conversation of so many messages, user and assistant in turn, with `HISTORY_BYTES` of text in all.
pub fn history(messages: usize) -> Vec<String> {
    const PROSE: &str = "The quick router passes the lazy proxy on its way to a \"model\" far away, and nobody waits for it.\n";
    let each = HISTORY_BYTES / messages;
    let text = PROSE.repeat(each / PROSE.len() + 1);
    (0..messages).map(|_| text[..each].to_owned()).collect()
}

/// A plain answer: nothing to unescape.
///
/// The bounds were set with one like it: typed by hand, a call takes as much as it took then, on either transport.
pub fn plain() -> String {
    answer(PLAIN)
}

/// An answer with text to unescape.
pub fn whole() -> String {
    answer(&ANSWER.replace('"', "\\\"").replace('\n', "\\n"))
}

/// An answer as OpenAI gives it, around a text in JSON's form.
fn answer(text: &str) -> String {
    format!(
        r#"{{
  "id": "chatcmpl-CQxv2ZkPjWm5vN8sT1aYbRd3eFgHi",
  "object": "chat.completion",
  "created": 1764086400,
  "model": "gpt-4o-mini-2024-07-18",
  "choices": [
    {{
      "index": 0,
      "message": {{
        "role": "assistant",
        "content": "{text}",
        "refusal": null,
        "annotations": []
      }},
      "logprobs": null,
      "finish_reason": "stop"
    }}
  ],
  "usage": {{
    "prompt_tokens": 25,
    "completion_tokens": 83,
    "total_tokens": 108,
    "prompt_tokens_details": {{
      "cached_tokens": 0,
      "audio_tokens": 0
    }},
    "completion_tokens_details": {{
      "reasoning_tokens": 0,
      "audio_tokens": 0,
      "accepted_prediction_tokens": 0,
      "rejected_prediction_tokens": 0
    }}
  }},
  "service_tier": "default",
  "system_fingerprint": "fp_560af6e559"
}}
"#
    )
}

/// The frames of a streamed answer with `pieces` chunks of text, the last one being the terminal marker.
pub fn frames(pieces: usize) -> Vec<String> {
    let chunk = |choices: &str, usage: &str| {
        format!(
            "data: {{\"id\":\"chatcmpl-CQxv2ZkPjWm5vN8sT1aYbRd3eFgHi\",\"object\":\"chat.completion.chunk\",\"created\":1764086400,\
             \"model\":\"gpt-4o-mini-2024-07-18\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_560af6e559\",\
             \"choices\":{choices},\"usage\":{usage},\"obfuscation\":\"hN4s8Qw\"}}\n\n"
        )
    };
    let delta = |delta: &str, finish: &str| {
        chunk(
            &format!("[{{\"index\":0,\"delta\":{delta},\"logprobs\":null,\"finish_reason\":{finish}}}]"),
            "null",
        )
    };
    let mut frames = vec![delta(
        r#"{"role":"assistant","content":"","refusal":null}"#,
        "null",
    )];
    frames.extend((0..pieces).map(|_| delta(&format!("{{\"content\":\"{PIECE}\"}}"), "null")));
    frames.push(delta("{}", "\"stop\""));
    frames.push(chunk(
        "[]",
        r#"{"prompt_tokens":25,"completion_tokens":83,"total_tokens":108,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}"#,
    ));
    frames.push("data: [DONE]\n\n".to_owned());
    frames
}
