"""Ollama's own SDK on its native wire: chat, streams, tools, structured answers, thinking, vectors, models, errors."""

import importlib.metadata

from checks import API_KEY, EMBED_MODEL, MODEL, ROOT_URL, check, cosine, eq, main, raises
from ollama import AsyncClient, Client, ResponseError
from pydantic import BaseModel

HEADERS = {"Authorization": f"Bearer {API_KEY}"}
client = Client(host=ROOT_URL, headers=HEADERS)
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


def ask(content, model=MODEL, **settings):
    return client.chat(model=model, messages=[{"role": "user", "content": content}], **settings)


@check
def text_and_counts():
    r = ask("Reply with exactly: pong")
    eq((r.message.role, r.message.content, r.done, r.done_reason), ("assistant", "pong", True, "stop"))
    assert r.prompt_eval_count > 0 and r.eval_count > 0 and r.created_at and r.total_duration is not None
    eq(r.model, MODEL)


@check
def history_is_read():
    r = client.chat(
        model=MODEL,
        messages=[
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hi, my name is Ada."},
            {"role": "assistant", "content": "Hello Ada."},
            {"role": "user", "content": "What is my name?"},
        ],
    )
    assert "Ada" in r.message.content


@check
def limits_and_stops():
    cut = ask("Count from 1 to 200", options={"num_predict": 5})
    eq(cut.done_reason, "length")
    assert cut.eval_count <= 5
    stopped = ask("Count from 1 to 20", options={"stop": ["7"]})
    assert "6" in stopped.message.content and "7" not in stopped.message.content


@check
def stream_equals_plain():
    whole = ask("Count from 1 to 30")
    pieces = list(ask("Count from 1 to 30", stream=True))
    assert len(pieces) > 5 and pieces[-1].done and not any(piece.done for piece in pieces[:-1])
    eq("".join(piece.message.content or "" for piece in pieces), whole.message.content)
    eq((pieces[-1].prompt_eval_count, pieces[-1].eval_count), (whole.prompt_eval_count, whole.eval_count))


@check
async def asynchronous_stream():
    out = ""
    messages = [{"role": "user", "content": "Count from 1 to 9"}]
    async for piece in await AsyncClient(host=ROOT_URL, headers=HEADERS).chat(
        model=MODEL, messages=messages, stream=True
    ):
        out += piece.message.content or ""
    eq(out, "1 2 3 4 5 6 7 8 9")


@check
def tool_call_and_result():
    messages = [{"role": "user", "content": "What is the weather in Paris?"}]
    r = client.chat(model=MODEL, messages=messages, tools=[WEATHER])
    (call,) = r.message.tool_calls
    eq((call.function.name, dict(call.function.arguments)), ("get_weather", {"city": "Paris"}))
    messages += [r.message, {"role": "tool", "tool_name": "get_weather", "content": "18 degrees"}]
    r = client.chat(model=MODEL, messages=messages, tools=[WEATHER])
    assert "18 degrees" in r.message.content


@check
def parallel_calls_in_a_stream():
    calls = []
    for piece in ask("What is the weather in Paris and in London?", tools=[WEATHER], stream=True):
        calls += piece.message.tool_calls or []
    eq([dict(call.function.arguments) for call in calls], [{"city": "Paris"}, {"city": "London"}])


class Person(BaseModel):
    name: str
    age: int


@check
def structured_answer():
    r = ask("name: Ada, age: 36", format=Person.model_json_schema())
    eq(Person.model_validate_json(r.message.content), Person(name="Ada", age=36))


@check
def picture():
    r = client.chat(
        model=MODEL,
        messages=[{"role": "user", "content": "What is this?", "images": [b"\x89PNG\r\n\x1a\n" + bytes(12)]}],
    )
    assert "20 bytes" in r.message.content, r.message.content


@check
def thinking():
    r = ask("Reply with exactly: pong", think=True)
    assert r.message.thinking
    eq(r.message.content, "pong")
    pieces = list(ask("Reply with exactly: pong", think=True, stream=True))
    assert any(piece.message.thinking for piece in pieces)


@check
def vectors():
    texts = ["a cat sat on a mat", "a cat lay on a mat", "shares fell in Tokyo"]
    r = client.embed(model=EMBED_MODEL, input=texts)
    one, two, three = r.embeddings
    assert cosine(one, two) > cosine(one, three)
    assert r.prompt_eval_count > 0
    eq(len(client.embed(model=EMBED_MODEL, input="a cat", dimensions=32).embeddings[0]), 32)


@check
def models():
    assert any(model.model.startswith(MODEL) for model in client.list().models)


@check
def errors_have_the_wire_s_form():
    error = raises(ResponseError, lambda: ask("Hello", model="no-such-model"))
    eq(error.status_code, 404)
    assert "no-such-model" in error.error
    stranger = Client(host=ROOT_URL, headers={"Authorization": "Bearer sk-wrong"})
    eq(raises(ResponseError, lambda: stranger.list()).status_code, 401)
    eq(raises(ResponseError, lambda: ask("Hello", model="sim-fault-503")).status_code, 503)
    eq(raises(ResponseError, lambda: list(ask("Hello", model="sim-fault-429", stream=True))).status_code, 429)


main("ollama-python " + importlib.metadata.version("ollama"))
