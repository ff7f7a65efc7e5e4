"""Cohere's own SDK on its native wire: chat, streams, tools, documents, thinking, vectors, ranking, models, errors."""

import importlib.metadata
import json

import cohere
from checks import API_KEY, EMBED_MODEL, MODEL, ROOT_URL, check, cosine, eq, main, raises
from cohere.core.api_error import ApiError

client = cohere.ClientV2(api_key=API_KEY, base_url=ROOT_URL)
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}


def user(content):
    return [{"role": "user", "content": content}]


def ask(content, model=MODEL, **settings):
    return client.chat(model=model, messages=user(content), **settings)


def stream(content, model=MODEL, **settings):
    return list(client.chat_stream(model=model, messages=user(content), **settings))


def text_of(events):
    return "".join(event.delta.message.content.text or "" for event in events if event.type == "content-delta")


@check
def text_and_counts():
    r = ask("Reply with exactly: pong")
    eq((r.message.role, r.message.content[0].type, r.message.content[0].text), ("assistant", "text", "pong"))
    eq(r.finish_reason, "COMPLETE")
    assert r.id and r.usage.tokens.input_tokens > 0 and r.usage.tokens.output_tokens > 0
    eq(r.usage.billed_units.input_tokens, r.usage.tokens.input_tokens)


@check
def history_is_read():
    r = client.chat(
        model=MODEL,
        messages=[
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hi, my name is Ada."},
            {"role": "assistant", "content": "Hello Ada."},
            {"role": "user", "content": [{"type": "text", "text": "What is my name?"}]},
        ],
    )
    assert "Ada" in r.message.content[0].text


@check
def limits_and_stops():
    cut = ask("Count from 1 to 200", max_tokens=5)
    eq(cut.finish_reason, "MAX_TOKENS")
    assert cut.usage.tokens.output_tokens <= 5
    stopped = ask("Count from 1 to 20", stop_sequences=["7"]).message.content[0].text
    assert "6" in stopped and "7" not in stopped


@check
def stream_equals_plain():
    whole = ask("Count from 1 to 30")
    events = stream("Count from 1 to 30")
    kinds = [event.type for event in events]
    eq((kinds[0], kinds[1], kinds[-2], kinds[-1]), ("message-start", "content-start", "content-end", "message-end"))
    assert kinds.count("content-delta") > 5 and events[0].id
    eq(text_of(events), whole.message.content[0].text)
    eq(events[-1].delta.finish_reason, "COMPLETE")
    eq(events[-1].delta.usage.tokens.output_tokens, whole.usage.tokens.output_tokens)


@check
async def asynchronous_stream():
    out = ""
    asynchronous = cohere.AsyncClientV2(api_key=API_KEY, base_url=ROOT_URL)
    async for event in asynchronous.chat_stream(model=MODEL, messages=user("Count from 1 to 9")):
        if event.type == "content-delta":
            out += event.delta.message.content.text or ""
    eq(out, "1 2 3 4 5 6 7 8 9")


@check
def tool_call_and_result():
    messages = user("What is the weather in Paris?")
    r = client.chat(model=MODEL, messages=messages, tools=[WEATHER])
    (call,) = r.message.tool_calls
    eq((r.finish_reason, call.type, call.function.name), ("TOOL_CALL", "function", "get_weather"))
    eq(json.loads(call.function.arguments), {"city": "Paris"})
    document = {"type": "document", "document": {"id": "1", "data": {"text": "18 degrees"}}}
    messages += [r.message, {"role": "tool", "tool_call_id": call.id, "content": "18 degrees"}]
    told = client.chat(model=MODEL, messages=messages, tools=[WEATHER])
    assert "18 degrees" in told.message.content[0].text
    messages[-1]["content"] = [document]
    eq(client.chat(model=MODEL, messages=messages, tools=[WEATHER]).finish_reason, "COMPLETE")


@check
def parallel_calls_in_a_stream():
    events = stream("What is the weather in Paris and in London?", tools=[WEATHER])
    starts = [event for event in events if event.type == "tool-call-start"]
    eq([event.delta.message.tool_calls.function.name for event in starts], ["get_weather"] * 2)
    arguments = {event.index: "" for event in starts}
    for event in events:
        if event.type == "tool-call-delta":
            arguments[event.index] += event.delta.message.tool_calls.function.arguments
    eq([json.loads(text) for text in arguments.values()], [{"city": "Paris"}, {"city": "London"}])
    eq(events[-1].delta.finish_reason, "TOOL_CALL")


@check
def forced_and_forbidden_calls():
    eq(ask("Hello", tools=[WEATHER], tool_choice="REQUIRED").finish_reason, "TOOL_CALL")
    eq(ask("What is the weather in Paris?", tools=[WEATHER], tool_choice="NONE").finish_reason, "COMPLETE")


@check
def structured_answer():
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name", "age"],
    }
    r = ask("name: Ada, age: 36", response_format={"type": "json_object", "json_schema": schema})
    eq(json.loads(r.message.content[0].text), {"name": "Ada", "age": 36})


@check
def picture_and_document():
    url = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    r = client.chat(model=MODEL, messages=user([{"type": "text", "text": "What is this?"}, url]))
    assert "image/png" in r.message.content[0].text, r.message.content[0].text
    r = ask("What is this?", documents=[{"id": "a", "data": {"title": "Stones", "text": "Ruby is red."}}])
    assert "12 bytes" in r.message.content[0].text, r.message.content[0].text


@check
def thinking():
    r = ask("Reply with exactly: pong", thinking={"type": "enabled", "token_budget": 100})
    eq([part.type for part in r.message.content], ["thinking", "text"])
    assert r.message.content[0].thinking
    eq(r.message.content[1].text, "pong")
    events = stream("Reply with exactly: pong", thinking={"type": "enabled", "token_budget": 100})
    starts = [event.delta.message.content.type for event in events if event.type == "content-start"]
    eq(starts, ["thinking", "text"])
    eq(text_of(events), "pong")
    # What was thought goes back with the answer.
    messages = user("Reply with exactly: pong") + [r.message] + user("Reply with exactly: again")
    eq(client.chat(model=MODEL, messages=messages).message.content[0].text, "again")


@check
def vectors():
    texts = ["a cat sat on a mat", "a cat lay on a mat", "shares fell in Tokyo"]
    r = client.embed(model=EMBED_MODEL, texts=texts, input_type="search_document", embedding_types=["float"])
    one, two, three = r.embeddings.float_
    assert cosine(one, two) > cosine(one, three)
    assert r.meta.billed_units.input_tokens > 0
    short = client.embed(
        model=EMBED_MODEL,
        texts=["a cat"],
        input_type="search_query",
        embedding_types=["float"],
        output_dimension=32,
    )
    eq(len(short.embeddings.float_[0]), 32)
    both = {"content": [{"type": "text", "text": "a cat"}]}
    mixed = client.embed(model=EMBED_MODEL, inputs=[both], input_type="search_query", embedding_types=["float"])
    plain = client.embed(model=EMBED_MODEL, texts=["a cat"], input_type="search_query", embedding_types=["float"])
    eq(mixed.embeddings.float_, plain.embeddings.float_)


@check
def ranking():
    documents = ["shares fell in Tokyo", "a cat sat on a mat", "a mat"]
    r = client.rerank(model=MODEL, query="cat on a mat", documents=documents, top_n=2)
    eq([result.index for result in r.results], [1, 2])
    assert r.results[0].relevance_score > r.results[1].relevance_score


@check
def models():
    names = [model.name for model in client.models.list().models]
    assert MODEL in names and EMBED_MODEL in names
    eq(client.models.get(MODEL).name, MODEL)


@check
def errors_have_the_wire_s_form():
    missing = raises(cohere.NotFoundError, lambda: ask("Hello", model="no-such-model"))
    assert "no-such-model" in missing.body["message"]
    stranger = cohere.ClientV2(api_key="sk-wrong", base_url=ROOT_URL)
    raises(cohere.UnauthorizedError, lambda: stranger.chat(model=MODEL, messages=user("Hello")))
    patient = {"request_options": {"max_retries": 0}}
    raises(cohere.TooManyRequestsError, lambda: ask("Hello", model="sim-fault-429", **patient))
    raises(cohere.ServiceUnavailableError, lambda: ask("Hello", model="sim-fault-503", **patient))
    eq(raises(ApiError, lambda: stream("Hello", model="sim-fault-500", **patient)).status_code, 500)
    raises(cohere.BadRequestError, lambda: ask("Hello", temperature="hot"))
    broken = stream("Count from 1 to 30", model="sim-fault-error3")
    eq((broken[-1].type, broken[-1].delta.finish_reason), ("message-end", "ERROR"))
    assert broken[-1].delta.error


main("cohere-python " + importlib.metadata.version("cohere"))
