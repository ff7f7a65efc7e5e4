"""Aliyun's own SDK on DashScope's wire, its older calls and its newer client: chat, streams, tools, thinking, vectors, ranking."""

import importlib.metadata
import json
import os

from checks import API_KEY, EMBED_MODEL, MODEL, ROOT_URL, check, cosine, eq, main, raises

os.environ["DASHSCOPE_API_KEY"] = API_KEY
import dashscope  # noqa: E402
from dashscope.v2.errors import NotFoundError  # noqa: E402
from dashscope import AioGeneration, Generation, MultiModalConversation, TextEmbedding, TextReRank  # noqa: E402

dashscope.base_http_api_url = ROOT_URL + "/api/v1"
dashscope.api_key = API_KEY
client = dashscope.Client(api_key=API_KEY, base_url=ROOT_URL + "/api/v1", protocol="native", max_retries=0)
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
    settings.setdefault("result_format", "message")
    r = Generation.call(model, messages=user(content), **settings)
    eq((r.status_code, r.code), (200, ""))
    return r


def stream(content, model=MODEL, **settings):
    settings.setdefault("result_format", "message")
    return list(Generation.call(model, messages=user(content), stream=True, **settings))


def said(r):
    return r.output.choices[0].message.content


@check
def text_and_counts():
    r = ask("Reply with exactly: pong")
    choice = r.output.choices[0]
    eq((choice.message.role, choice.message.content, choice.finish_reason), ("assistant", "pong", "stop"))
    assert r.request_id and r.usage.input_tokens > 0 and r.usage.output_tokens > 0
    eq(r.usage.total_tokens, r.usage.input_tokens + r.usage.output_tokens)


@check
def text_alone():
    r = Generation.call(MODEL, prompt="Reply with exactly: pong", result_format="text")
    eq((r.output.text, r.output.finish_reason, r.output.choices), ("pong", "stop", None))


@check
def history_is_read():
    r = Generation.call(
        MODEL,
        messages=[
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hi, my name is Ada."},
            {"role": "assistant", "content": "Hello Ada."},
            {"role": "user", "content": "What is my name?"},
        ],
        result_format="message",
    )
    assert "Ada" in said(r)


@check
def limits_and_stops():
    cut = ask("Count from 1 to 200", max_tokens=5)
    eq(cut.output.choices[0].finish_reason, "length")
    assert cut.usage.output_tokens <= 5
    stopped = said(ask("Count from 1 to 20", stop=["7"]))
    assert "6" in stopped and "7" not in stopped


@check
def pieces_of_what_is_new():
    whole = ask("Count from 1 to 30")
    pieces = stream("Count from 1 to 30", incremental_output=True)
    assert len(pieces) > 5 and all(piece.status_code == 200 for piece in pieces)
    eq("".join(said(piece) for piece in pieces), said(whole))
    ends = [piece.output.choices[0].finish_reason for piece in pieces]
    eq((set(ends[:-1]), ends[-1]), ({"null"}, "stop"))
    eq(pieces[-1].usage.output_tokens, whole.usage.output_tokens)
    eq(len({piece.request_id for piece in pieces}), 1)


@check
def pieces_of_all_so_far():
    whole = said(ask("Count from 1 to 30"))
    pieces = [said(piece) for piece in stream("Count from 1 to 30")]
    assert len(pieces) > 5
    assert all(later.startswith(before) for before, later in zip(pieces, pieces[1:]))
    eq(pieces[-1], whole)


@check
async def asynchronous_stream():
    out = ""
    answers = await AioGeneration.call(
        MODEL,
        messages=user("Count from 1 to 9"),
        result_format="message",
        stream=True,
        incremental_output=True,
    )
    async for piece in answers:
        out += said(piece)
    eq(out, "1 2 3 4 5 6 7 8 9")


@check
def tool_call_and_result():
    messages = user("What is the weather in Paris?")
    r = Generation.call(MODEL, messages=messages, tools=[WEATHER], result_format="message")
    choice = r.output.choices[0]
    (call,) = choice.message.tool_calls
    eq((choice.finish_reason, call["type"], call["function"]["name"]), ("tool_calls", "function", "get_weather"))
    eq(json.loads(call["function"]["arguments"]), {"city": "Paris"})
    messages += [choice.message, {"role": "tool", "tool_call_id": call["id"], "content": "18 degrees"}]
    r = Generation.call(MODEL, messages=messages, tools=[WEATHER], result_format="message")
    assert "18 degrees" in said(r)


@check
def parallel_calls_in_streams():
    question = "What is the weather in Paris and in London?"
    wanted = [{"city": "Paris"}, {"city": "London"}]
    last = stream(question, tools=[WEATHER])[-1].output.choices[0]
    eq([json.loads(call["function"]["arguments"]) for call in last.message.tool_calls], wanted)
    eq(last.finish_reason, "tool_calls")
    names, arguments = {}, {}
    for piece in stream(question, tools=[WEATHER], incremental_output=True):
        for call in piece.output.choices[0].message.get("tool_calls") or []:
            at = call["index"]
            names[at] = names.get(at) or call["function"]["name"]
            arguments[at] = arguments.get(at, "") + call["function"]["arguments"]
    eq(names, {0: "get_weather", 1: "get_weather"})
    eq([json.loads(arguments[at]) for at in sorted(arguments)], wanted)


@check
def structured_answer():
    r = ask("Reply in JSON. name: Ada, age: 36", response_format={"type": "json_object"})
    assert isinstance(json.loads(said(r)), dict)


@check
def thinking():
    r = ask("Reply with exactly: pong", enable_thinking=True, thinking_budget=100)
    message = r.output.choices[0].message
    assert message.reasoning_content
    eq(message.content, "pong")
    assert r.usage.output_tokens_details["reasoning_tokens"] > 0
    pieces = stream("Reply with exactly: pong", enable_thinking=True, incremental_output=True)
    thoughts = "".join(piece.output.choices[0].message.get("reasoning_content", "") for piece in pieces)
    eq(thoughts, message.reasoning_content)
    eq("".join(said(piece) for piece in pieces), "pong")


@check
def several_choices():
    r = ask("Reply with exactly: pong", n=2)
    eq([choice.message.content for choice in r.output.choices], ["pong", "pong"])


@check
def several_kinds_of_content():
    parts = [{"image": "data:image/png;base64,iVBORw0KGgo="}, {"text": "What is this?"}]
    r = MultiModalConversation.call(MODEL, messages=[{"role": "user", "content": parts}])
    (part,) = said(r)
    assert "image/png" in part["text"], part
    pieces = MultiModalConversation.call(
        MODEL,
        messages=[{"role": "user", "content": [{"text": "Count from 1 to 9"}]}],
        stream=True,
        incremental_output=True,
    )
    eq("".join(part["text"] for piece in pieces for part in said(piece)), "1 2 3 4 5 6 7 8 9")


@check
def vectors():
    texts = ["a cat sat on a mat", "a cat lay on a mat", "shares fell in Tokyo"]
    r = TextEmbedding.call(EMBED_MODEL, texts, text_type="document")
    one, two, three = [row["embedding"] for row in r.output["embeddings"]]
    eq([row["text_index"] for row in r.output["embeddings"]], [0, 1, 2])
    assert cosine(one, two) > cosine(one, three)
    assert r.usage["total_tokens"] > 0
    short = TextEmbedding.call(EMBED_MODEL, "a cat", dimension=32)
    eq(len(short.output["embeddings"][0]["embedding"]), 32)


@check
def ranking():
    documents = ["shares fell in Tokyo", "a cat sat on a mat", "a mat"]
    r = TextReRank.call(MODEL, "cat on a mat", documents, top_n=2, return_documents=True)
    eq([result.index for result in r.output.results], [1, 2])
    assert r.output.results[0].relevance_score > r.output.results[1].relevance_score
    eq(r.output.results[0]["document"]["text"], documents[1])


@check
def the_newer_client():
    r = client.chat.completions.create(model=MODEL, messages=user("Reply with exactly: pong"))
    eq((r.choices[0].message.content, r.choices[0].finish_reason), ("pong", "stop"))
    assert r.request_id and r.usage.input_tokens > 0
    chunks = list(client.chat.completions.create(model=MODEL, messages=user("Count from 1 to 9"), stream=True))
    eq("".join(chunk.choices[0].delta.content or "" for chunk in chunks), "1 2 3 4 5 6 7 8 9")
    r = client.chat.completions.create(model=MODEL, messages=user("Weather in Paris?"), tools=[WEATHER])
    (call,) = r.choices[0].message.tool_calls
    eq(json.loads(call.function.arguments), {"city": "Paris"})


@check
def errors_have_the_wire_s_form():
    missing = Generation.call("no-such-model", messages=user("Hello"))
    eq((missing.status_code, missing.code), (404, "ModelNotFound"))
    assert "no-such-model" in missing.message
    stranger = Generation.call(MODEL, messages=user("Hello"), api_key="sk-wrong")
    eq((stranger.status_code, stranger.code), (401, "InvalidApiKey"))
    limited = Generation.call("sim-fault-429", messages=user("Hello"))
    eq((limited.status_code, limited.code), (429, "Throttling.RateQuota"))
    busy = Generation.call("sim-fault-503", messages=user("Hello"))
    eq((busy.status_code, busy.code), (503, "ModelServingError"))
    wrong = Generation.call(MODEL, messages=user("Hello"), temperature="hot")
    eq((wrong.status_code, wrong.code), (400, "InvalidParameter"))
    broken = stream("Count from 1 to 30", model="sim-fault-error3", incremental_output=True)
    eq(broken[-1].status_code != 200 and bool(broken[-1].code), True)
    eq(all(piece.status_code == 200 for piece in broken[:-1]), True)
    raises(
        NotFoundError,
        lambda: client.chat.completions.create(model="no-such-model", messages=user("Hello")),
    )


main("dashscope-python " + importlib.metadata.version("dashscope"))
