"""Mistral's own SDK: chat, streams, tools, structured answers, thinking, filling in, vectors, moderation, models, errors."""

import importlib.metadata
import json

from checks import API_KEY, EMBED_MODEL, MODEL, ROOT_URL, check, cosine, eq, main, raises
from mistralai.client import Mistral
from mistralai.client.errors import SDKError
from pydantic import BaseModel

client = Mistral(api_key=API_KEY, server_url=ROOT_URL)
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
    return client.chat.complete(model=model, messages=user(content), **settings)


def stream(content, model=MODEL, **settings):
    return [event.data for event in client.chat.stream(model=model, messages=user(content), **settings)]


def text_of(chunks):
    contents = [chunk.choices[0].delta.content for chunk in chunks]
    return "".join(content for content in contents if isinstance(content, str))


@check
def text_and_counts():
    r = ask("Reply with exactly: pong")
    choice = r.choices[0]
    eq((choice.message.role, choice.message.content, choice.finish_reason), ("assistant", "pong", "stop"))
    eq((r.object, r.model), ("chat.completion", MODEL))
    assert r.id and r.created and r.usage.prompt_tokens > 0 and r.usage.completion_tokens > 0
    eq(r.usage.total_tokens, r.usage.prompt_tokens + r.usage.completion_tokens)


@check
def history_is_read():
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi, my name is Ada."},
        {"role": "assistant", "content": "Hello Ada."},
        {"role": "user", "content": [{"type": "text", "text": "What is my name?"}]},
    ]
    assert "Ada" in client.chat.complete(model=MODEL, messages=messages).choices[0].message.content


@check
def limits_and_stops():
    cut = ask("Count from 1 to 200", max_tokens=5, random_seed=7, safe_prompt=True)
    eq(cut.choices[0].finish_reason, "length")
    assert cut.usage.completion_tokens <= 5
    stopped = ask("Count from 1 to 20", stop=["7"]).choices[0].message.content
    assert "6" in stopped and "7" not in stopped


@check
def stream_equals_plain():
    whole = ask("Count from 1 to 30")
    chunks = stream("Count from 1 to 30")
    assert len(chunks) > 5
    eq(text_of(chunks), whole.choices[0].message.content)
    eq([chunk.choices[0].finish_reason for chunk in chunks if chunk.choices[0].finish_reason], ["stop"])
    eq(chunks[-1].usage.total_tokens, whole.usage.total_tokens)


@check
async def asynchronous_stream():
    out = ""
    async for event in await client.chat.stream_async(model=MODEL, messages=user("Count from 1 to 9")):
        out += event.data.choices[0].delta.content or ""
    eq(out, "1 2 3 4 5 6 7 8 9")


@check
def tool_call_and_result():
    messages = user("What is the weather in Paris?")
    r = client.chat.complete(model=MODEL, messages=messages, tools=[WEATHER], tool_choice="any")
    choice = r.choices[0]
    (call,) = choice.message.tool_calls
    eq((choice.finish_reason, call.function.name), ("tool_calls", "get_weather"))
    eq(json.loads(call.function.arguments), {"city": "Paris"})
    result = {"role": "tool", "name": "get_weather", "tool_call_id": call.id, "content": "18 degrees"}
    messages += [choice.message, result]
    told = client.chat.complete(model=MODEL, messages=messages, tools=[WEATHER])
    assert "18 degrees" in told.choices[0].message.content


@check
def parallel_calls_in_a_stream():
    calls = []
    for chunk in stream("What is the weather in Paris and in London?", tools=[WEATHER]):
        calls += chunk.choices[0].delta.tool_calls or []
    eq([json.loads(call.function.arguments) for call in calls], [{"city": "Paris"}, {"city": "London"}])
    eq([call.index for call in calls], [0, 1])
    assert calls[0].id != calls[1].id


class Person(BaseModel):
    name: str
    age: int


@check
def structured_answer():
    r = client.chat.parse(model=MODEL, messages=user("name: Ada, age: 36"), response_format=Person)
    eq(r.choices[0].message.parsed, Person(name="Ada", age=36))


@check
def picture_document_and_sound():
    url = "data:image/png;base64,iVBORw0KGgo="
    for part, kind in [
        ({"type": "image_url", "image_url": url}, "image/png"),
        ({"type": "image_url", "image_url": {"url": url}}, "image/png"),
        ({"type": "document_url", "document_url": "data:application/pdf;base64,JVBERg=="}, "application/pdf"),
        ({"type": "input_audio", "input_audio": "UklGRgAAAABXQVZF"}, "audio/wav"),
    ]:
        r = ask([{"type": "text", "text": "What is this?"}, part])
        assert kind in r.choices[0].message.content, r.choices[0].message.content


@check
def thinking_goes_out_and_comes_back():
    r = ask("Reply with exactly: pong", reasoning_effort="high")
    thought, text = r.choices[0].message.content
    eq((thought.type, text.text), ("thinking", "pong"))
    assert thought.thinking[0].text
    chunks = stream("Reply with exactly: pong", reasoning_effort="high")
    parts = [chunk.choices[0].delta.content for chunk in chunks]
    thoughts = [part[0].thinking for part in parts if isinstance(part, list)]
    eq("".join(piece.text for pieces in thoughts for piece in pieces), thought.thinking[0].text)
    eq(text_of(chunks), "pong")
    messages = user("Reply with exactly: pong") + [r.choices[0].message] + user("Reply with exactly: again")
    eq(client.chat.complete(model=MODEL, messages=messages).choices[0].message.content, "again")


@check
def filling_in():
    r = client.fim.complete(model=MODEL, prompt="Reply with exactly: between", suffix="the end", random_seed=7)
    eq((r.choices[0].message.content, r.choices[0].finish_reason), ("between", "stop"))
    chunks = [event.data for event in client.fim.stream(model=MODEL, prompt="Count from 1 to 9")]
    eq(text_of(chunks), "1 2 3 4 5 6 7 8 9")


@check
def vectors():
    texts = ["a cat sat on a mat", "a cat lay on a mat", "shares fell in Tokyo"]
    r = client.embeddings.create(model=EMBED_MODEL, inputs=texts)
    one, two, three = (row.embedding for row in r.data)
    assert cosine(one, two) > cosine(one, three)
    assert r.usage.prompt_tokens > 0
    eq([row.index for row in r.data], [0, 1, 2])
    short = client.embeddings.create(model=EMBED_MODEL, inputs=["a cat"], output_dimension=32)
    eq(len(short.data[0].embedding), 32)


@check
def moderation():
    r = client.classifiers.moderate(model=MODEL, inputs=["I hate you.", "I like you."])
    harmful, harmless = r.results
    assert any(harmful.categories.values()) and not any(harmless.categories.values())


@check
def models():
    ids = [model.id for model in client.models.list().data]
    assert MODEL in ids and EMBED_MODEL in ids
    eq(client.models.retrieve(model_id=MODEL).id, MODEL)


@check
def errors_have_the_wire_s_form():
    missing = raises(SDKError, lambda: ask("Hello", model="no-such-model"))
    eq(missing.status_code, 404)
    body = json.loads(missing.body)
    eq((body["object"], body["type"]), ("error", "invalid_model"))
    assert "no-such-model" in body["message"]
    stranger = Mistral(api_key="sk-wrong", server_url=ROOT_URL)
    error = raises(SDKError, lambda: stranger.chat.complete(model=MODEL, messages=user("Hello")))
    eq(error.status_code, 401)
    for status in (429, 500, 503):
        error = raises(SDKError, lambda status=status: ask("Hello", model=f"sim-fault-{status}"))
        eq(error.status_code, status)
        error = raises(SDKError, lambda status=status: stream("Hello", model=f"sim-fault-{status}"))
        eq(error.status_code, status)


main("mistral-python " + importlib.metadata.version("mistralai"))
