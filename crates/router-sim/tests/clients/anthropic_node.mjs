// Anthropic's own SDK: streams, thoughts and pictures with tools, the tool runner, parsed answers, what Claude Code sends, errors.

import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";
import { betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { z } from "zod";
import { API_KEY, MODEL, PNG, ROOT, check, failure, main } from "./checks.mjs";

const client = new Anthropic({ baseURL: ROOT, apiKey: API_KEY, maxRetries: 0 });
const user = (content) => [{ role: "user", content }];
const asked = (content, more = {}) => ({ model: MODEL, max_tokens: 5000, messages: user(content), ...more });
const PARIS = "What is the weather in Paris and in London?";
const WEATHER = {
  name: "get_weather",
  description: "Get the weather in a city",
  input_schema: { type: "object", properties: { location: { type: "string" } }, required: ["location"] },
};

check("a stream is the same", async () => {
  const stream = client.messages.stream(asked("Count from 1 to 20"));
  let text = "";
  stream.on("text", (delta) => (text += delta));
  const streamed = await stream.finalMessage();
  const whole = await client.messages.create(asked("Count from 1 to 20"));
  assert.equal(text, whole.content[0].text);
  assert.deepEqual(streamed.content, whole.content);
  assert.deepEqual(
    [streamed.stop_reason, streamed.usage.input_tokens, streamed.usage.output_tokens],
    [whole.stop_reason, whole.usage.input_tokens, whole.usage.output_tokens],
  );
});

check("thoughts and pictures go back with tools", async () => {
  const settings = { thinking: { type: "enabled", budget_tokens: 1024 }, tools: [WEATHER] };
  const stream = client.messages.stream(asked(PARIS, settings));
  const heard = { thinking: "", signature: "", inputJson: "" };
  for (const name of Object.keys(heard)) stream.on(name, (delta) => (heard[name] += delta));
  const message = await stream.finalMessage();
  assert.ok(heard.thinking && heard.signature && heard.inputJson);
  const calls = message.content.filter((block) => block.type === "tool_use");
  assert.deepEqual(calls.map((call) => call.input.location), ["Paris", "London"]);
  const results = calls.map((call) => ({
    type: "tool_result",
    tool_use_id: call.id,
    content: [
      { type: "text", text: `sun in ${call.input.location}` },
      { type: "image", source: { type: "base64", media_type: "image/png", data: PNG.toString("base64") } },
    ],
  }));
  const messages = [...user(PARIS), { role: "assistant", content: message.content }, ...user(results)];
  const last = await client.messages.create({ ...asked("", settings), messages });
  assert.match(last.content.at(-1).text, /sun in Paris.*sun in London/);
});

check("the tool runner goes on without a thread", async () => {
  const tool = betaZodTool({
    name: "get_weather",
    description: "Get the weather in a city",
    inputSchema: z.object({ location: z.string() }),
    run: async ({ location }) => `sun in ${location}`,
  });
  const message = await client.beta.messages.toolRunner(asked("What is the weather in Paris?", { tools: [tool] }));
  assert.match(message.content[0].text, /sun in Paris/);
  let last;
  for await (const stream of client.beta.messages.toolRunner(
    asked("What is the weather in Paris?", { tools: [tool], stream: true }),
  ))
    last = await stream.finalMessage();
  assert.match(last.content[0].text, /sun in Paris/);
});

check("answers are parsed", async () => {
  const format = zodOutputFormat(z.object({ name: z.string(), age: z.number() }));
  const message = await client.messages.parse(asked("name: Alice, age: 31", { output_config: { format } }));
  assert.deepEqual(message.parsed_output, { name: "Alice", age: 31 });
});

check("what Claude Code sends", async () => {
  const body = {
    ...asked([
      { type: "text", text: "<system-reminder>Be brief.</system-reminder>" },
      { type: "text", text: "Reply with exactly: ok", cache_control: { type: "ephemeral" } },
    ]),
    max_tokens: 32000,
    metadata: { user_id: "user_1_account__session_2" },
    system: [
      { type: "text", text: "You write code.", cache_control: { type: "ephemeral" } },
      { type: "text", text: "In Rust.", cache_control: { type: "ephemeral", ttl: "1h" } },
    ],
    thinking: { type: "adaptive" },
    output_config: { effort: "high" },
    context_management: { edits: [{ type: "clear_thinking_20251015", keep: "all" }] },
    tools: [
      { ...WEATHER, cache_control: { type: "ephemeral" } },
      { type: "web_search_20250305", name: "web_search", max_uses: 8 },
      { type: "bash_20250124", name: "bash" },
    ],
    tool_choice: { type: "auto", disable_parallel_tool_use: true },
  };
  const betas = ["claude-code-20250219", "interleaved-thinking-2025-05-14", "context-management-2025-06-27"];
  const message = await client.beta.messages.stream({ ...body, betas }).finalMessage();
  assert.equal(message.content.at(-1).text, "ok");
  const { system, tools, messages } = body;
  const count = await client.beta.messages.countTokens({ model: MODEL, system, tools, messages, betas });
  assert.ok(count.input_tokens > 0);
});

check("models in pages", async () => {
  const ids = [];
  for await (const model of client.models.list({ limit: 1 })) ids.push(model.id);
  assert.ok(ids.includes(MODEL) && new Set(ids).size === ids.length, ids.join());
  assert.equal((await client.models.retrieve(MODEL)).id, MODEL);
});

check("errors have their types", async () => {
  const stranger = new Anthropic({ baseURL: ROOT, apiKey: "sk-wrong", maxRetries: 0 });
  const of = (more) => () => client.messages.create(asked("x", more));
  for (const [call, kind, word, named] of [
    [() => stranger.messages.create(asked("x")), Anthropic.AuthenticationError, "authentication_error", /key/],
    [of({ model: "nobody" }), Anthropic.NotFoundError, "not_found_error", /nobody/],
    [of({ max_tokens: undefined }), Anthropic.BadRequestError, "invalid_request_error", /max_tokens/],
    [of({ messages: user(7) }), Anthropic.BadRequestError, "invalid_request_error", /content/],
    [of({ temperature: 3 }), Anthropic.BadRequestError, "invalid_request_error", /temperature/],
    [of({ model: "sim-fault-429" }), Anthropic.RateLimitError, "rate_limit_error", /./],
    [() => client.messages.batches.list(), Anthropic.NotFoundError, "not_found_error", /\/v1\/messages\/batches/],
    [() => client.beta.files.list(), Anthropic.NotFoundError, "not_found_error", /\/v1\/files/],
  ]) {
    const error = await failure(call);
    assert.ok(error instanceof kind, String(error));
    assert.equal(error.error.error.type, word);
    assert.match(error.message, named);
  }
  const broken = client.messages.stream(asked("Count from 1 to 20", { model: "sim-fault-error4" }));
  assert.ok((await failure(() => broken.finalMessage())) instanceof Anthropic.APIError);
});

await main("anthropic (Node)");
