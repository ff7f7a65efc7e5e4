// Vercel's AI SDK over eight of its providers: texts, streams, tools in steps, objects, pictures, thinking, vectors, sounds, errors.

import assert from "node:assert/strict";
import {
  APICallError,
  Output,
  cosineSimilarity,
  embedMany,
  experimental_generateSpeech as generateSpeech,
  experimental_transcribe as transcribe,
  generateImage,
  generateObject,
  generateText,
  rerank,
  stepCountIs,
  streamObject,
  streamText,
  tool,
} from "ai";
import { createAmazonBedrock } from "@ai-sdk/amazon-bedrock";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createAzure } from "@ai-sdk/azure";
import { createCohere } from "@ai-sdk/cohere";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createMistral } from "@ai-sdk/mistral";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { z } from "zod";
import { API_KEY, EMBED_MODEL, MODEL, PNG, ROOT, check, failure, main } from "./checks.mjs";

globalThis.AI_SDK_LOG_WARNINGS = false;

function providers(apiKey) {
  const of = (create, path, more = {}) => create({ baseURL: ROOT + path, apiKey, ...more });
  const named = { name: "router", includeUsage: true, supportsStructuredOutputs: true };
  return {
    openai: of(createOpenAI, "/v1"),
    compatible: of(createOpenAICompatible, "/v1", named),
    anthropic: of(createAnthropic, "/v1"),
    google: of(createGoogleGenerativeAI, "/v1beta"),
    mistral: of(createMistral, "/v1"),
    cohere: of(createCohere, "/v2"),
    azure: of(createAzure, "/openai"),
    bedrock: of(createAmazonBedrock, "", { region: "us-east-1" }),
  };
}

const ours = providers(API_KEY);
const strangers = providers("sk-wrong");

// What a provider makes of a model's name, and the settings that make it think.
const CHATS = {
  "openai.responses": [(of) => of.openai.responses, { openai: { reasoningEffort: "high", reasoningSummary: "auto", forceReasoning: true } }],
  "openai.chat": [(of) => of.openai.chat],
  compatible: [(of) => of.compatible, { router: { reasoningEffort: "high" } }],
  anthropic: [(of) => of.anthropic, { anthropic: { thinking: { type: "enabled", budgetTokens: 2000 } } }],
  google: [(of) => of.google, { google: { thinkingConfig: { includeThoughts: true, thinkingBudget: 1000 } } }],
  mistral: [(of) => of.mistral],
  cohere: [(of) => of.cohere, { cohere: { thinking: { type: "enabled", tokenBudget: 1000 } } }],
  azure: [(of) => of.azure],
  bedrock: [(of) => of.bedrock],
};

const WEATHER = "What is the weather in Paris and in London?";
const location = z.object({ location: z.string() });
const tools = {
  get_weather: tool({
    description: "Get the weather in a city",
    inputSchema: location,
    execute: async ({ location }) => `sunny in ${location}`,
  }),
};
const person = z.object({ name: z.string(), age: z.number().int(), address: z.object({ city: z.string() }) });
const PERSON = "Create a person. name: Alice, age: 31, city: Lisbon";
const ALICE = { name: "Alice", age: 31, address: { city: "Lisbon" } };

/** The text of a stream, and how many pieces it came in; an error in it is thrown. */
async function told(stream) {
  let text = "";
  let pieces = 0;
  for await (const part of stream.fullStream) {
    if (part.type === "error") throw part.error;
    if (part.type === "text-delta") {
      text += part.text;
      pieces += 1;
    }
  }
  return { text, pieces };
}

for (const [name, [chat, thinking]] of Object.entries(CHATS)) {
  const model = chat(ours)(MODEL);
  const ask = (prompt, more = {}) => generateText({ model, prompt, maxRetries: 0, maxOutputTokens: 4000, ...more });
  const stream = (prompt, more = {}) => streamText({ model, prompt, maxRetries: 0, maxOutputTokens: 4000, onError: () => {}, ...more });

  check(`${name}: text and counts`, async () => {
    const answer = await ask("Reply with exactly: pong", { system: "Be brief." });
    assert.deepEqual([answer.text, answer.finishReason], ["pong", "stop"]);
    assert.ok(answer.usage.inputTokens > 0 && answer.usage.outputTokens > 0);
    assert.equal(answer.response.modelId, MODEL);
    const cut = await ask("Count from 1 to 30", { maxOutputTokens: 5, temperature: 0.5, topP: 0.9, seed: 7 });
    assert.equal(cut.finishReason, "length");
  });

  check(`${name}: a stream is the same`, async () => {
    const whole = await ask("Count from 1 to 20");
    const streamed = stream("Count from 1 to 20");
    const { text, pieces } = await told(streamed);
    assert.equal(text, whole.text);
    assert.ok(pieces > 5, `${pieces} pieces`);
    const usage = await streamed.usage;
    assert.deepEqual([usage.inputTokens, usage.outputTokens], [whole.usage.inputTokens, whole.usage.outputTokens]);
  });

  check(`${name}: tools in steps`, async () => {
    const answer = await ask(WEATHER, { tools, stopWhen: stepCountIs(3) });
    assert.equal(answer.steps.length, 2);
    assert.equal(answer.steps[0].finishReason, "tool-calls");
    assert.match(answer.text, /sunny in Paris.*sunny in London/);
    const { text } = await told(stream(WEATHER, { tools, stopWhen: stepCountIs(3) }));
    assert.equal(text, answer.text);
  });

  check(`${name}: choice of tools`, async () => {
    for (const toolChoice of ["required", "none", { type: "tool", toolName: "get_weather" }]) {
      const answer = await ask("Hello", { tools: { get_weather: tool({ inputSchema: location }) }, toolChoice });
      assert.equal(answer.toolCalls.length > 0, toolChoice !== "none");
    }
  });

  check(`${name}: a tool that gives a picture`, async () => {
    const shot = tool({
      description: "Takes a picture",
      inputSchema: z.object({}),
      execute: async () => "x",
      toModelOutput: () => ({
        type: "content",
        value: [
          { type: "text", text: "a shot" },
          { type: "media", data: PNG.toString("base64"), mediaType: "image/png" },
        ],
      }),
    });
    const answer = await ask("take_shot please", { tools: { take_shot: shot }, stopWhen: stepCountIs(3) });
    assert.match(answer.text, /a shot/);
  });

  check(`${name}: objects`, async () => {
    const given = { model, schema: person, prompt: PERSON, maxRetries: 0 };
    assert.deepEqual((await generateObject(given)).object, ALICE);
    const streamed = streamObject(given);
    for await (const _ of streamed.partialObjectStream);
    assert.deepEqual(await streamed.object, ALICE);
    const output = Output.object({ schema: z.object({ city: z.string() }) });
    const last = await ask("What is the weather in Paris?", { tools, output, stopWhen: stepCountIs(4) });
    assert.ok(last.output.city);
  });

  check(`${name}: a picture`, async () => {
    const content = [{ type: "text", text: "Describe" }, { type: "image", image: PNG }];
    const answer = await generateText({ model, messages: [{ role: "user", content }], maxRetries: 0 });
    assert.match(answer.text, new RegExp(`image/png, ${PNG.length} bytes`));
  });

  if (thinking) {
    check(`${name}: thoughts go back`, async () => {
      const settings = { tools, stopWhen: stepCountIs(3), providerOptions: thinking };
      const answer = await ask(WEATHER, settings);
      assert.ok(answer.steps[0].reasoningText);
      assert.match(answer.text, /sunny in Paris/);
      const streamed = stream(WEATHER, settings);
      assert.equal((await told(streamed)).text, answer.text);
      assert.equal((await streamed.steps)[0].reasoningText, answer.steps[0].reasoningText);
    });
  }

  check(`${name}: errors`, async () => {
    const asked = (of, model) => failure(() => generateText({ model: chat(of)(model), prompt: "x", maxRetries: 0 }));
    for (const [error, status] of [
      [await asked(strangers, MODEL), [401, 403]],
      [await asked(ours, "nobody"), [404]],
      [await asked(ours, "sim-fault-429"), [429]],
    ]) {
      assert.ok(APICallError.isInstance(error), String(error));
      assert.ok(status.includes(error.statusCode), `${error.statusCode}`);
    }
    const again = `sim-fault-503-x1-${name}-${process.pid}`;
    assert.equal((await generateText({ model: chat(ours)(again), prompt: "Reply with exactly: ok" })).text, "ok");
    await failure(() => told(streamText({ model: chat(ours)("sim-fault-error4"), prompt: "Count from 1 to 20", onError: () => {} })));
  });
}

const VECTORS = {
  openai: (of) => of.openai.embedding,
  compatible: (of) => of.compatible.embeddingModel,
  google: (of) => of.google.embedding,
  mistral: (of) => of.mistral.embedding,
  cohere: (of) => of.cohere.embedding,
  azure: (of) => of.azure.embedding,
};

for (const [name, vectors] of Object.entries(VECTORS)) {
  check(`${name}: vectors`, async () => {
    const values = ["the cat sat", "a cat sat", "revenue fell"];
    const { embeddings } = await embedMany({ model: vectors(ours)(EMBED_MODEL), values, maxRetries: 0 });
    const [near, far] = [1, 2].map((at) => cosineSimilarity(embeddings[0], embeddings[at]));
    assert.ok(near > far, `${near} ${far}`);
  });
}

check("openai: pictures", async () => {
  const model = ours.openai.image("sim-image");
  const { images } = await generateImage({ model, prompt: "a cat", n: 2, size: "256x256", maxRetries: 0 });
  assert.deepEqual(images.map((image) => image.mediaType), ["image/png", "image/png"]);
  const edited = await generateImage({ model, prompt: { text: "a cat", images: [PNG] }, maxRetries: 0 });
  assert.equal(edited.images.length, 1);
});

check("openai: speech is understood", async () => {
  const model = ours.openai.speech("sim-tts");
  const { audio } = await generateSpeech({ model, text: "hello there", voice: "alloy", outputFormat: "wav" });
  const heard = await transcribe({
    model: ours.openai.transcription("sim-whisper"),
    audio: audio.uint8Array,
    providerOptions: { openai: { timestampGranularities: ["segment"] } },
  });
  assert.match(heard.text, /hello there/);
  assert.equal(heard.segments.length, 1);
});

check("cohere: a ranking", async () => {
  const model = ours.cohere.reranking("sim-rerank");
  const { ranking } = await rerank({ model, documents: ["revenue fell", "the cat sat"], query: "cat", topN: 1 });
  assert.equal(ranking[0].originalIndex, 1);
});

await main("Vercel AI SDK");
