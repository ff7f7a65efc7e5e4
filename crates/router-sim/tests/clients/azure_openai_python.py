"""OpenAI's own SDK with Azure's client, on both of Azure's surfaces: chat, streams, tools, structured answers, vectors, media, errors."""

import importlib.metadata
import io
import json

import openai
from checks import API_KEY, EMBED_MODEL, MODEL, ROOT_URL, check, cosine, eq, main, raises
from openai import AsyncAzureOpenAI, AzureOpenAI, OpenAI
from pydantic import BaseModel

VERSION = "2024-10-21"
SETTINGS = {"azure_endpoint": ROOT_URL, "api_version": VERSION, "max_retries": 0}
client = AzureOpenAI(api_key=API_KEY, **SETTINGS)
undated = OpenAI(base_url=f"{ROOT_URL}/openai/v1/", api_key=API_KEY, max_retries=0)
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


def ask(content, model=MODEL, through=client, **settings):
    messages = [{"role": "user", "content": content}]
    return through.chat.completions.create(model=model, messages=messages, **settings)


@check
def text_and_counts():
    for through in (client, undated):
        r = ask("Reply with exactly: pong", through=through)
        eq((r.choices[0].message.content, r.choices[0].finish_reason, r.model), ("pong", "stop", MODEL))
        eq(r.usage.total_tokens, r.usage.prompt_tokens + r.usage.completion_tokens)
        assert r.usage.prompt_tokens > 0


@check
def the_deployment_stands_in_the_path():
    """A client that is made for a deployment, with a name in the body that counts for nothing."""
    bound = AzureOpenAI(api_key=API_KEY, azure_deployment=MODEL, **SETTINGS)
    r = bound.chat.completions.create(
        model="whatever", messages=[{"role": "user", "content": "Reply with exactly: pong"}]
    )
    eq((r.choices[0].message.content, r.model), ("pong", MODEL))


@check
def stream_equals_plain():
    whole = ask("Count from 1 to 30").choices[0].message.content
    for through in (client, undated):
        chunks = list(ask("Count from 1 to 30", through=through, stream=True, stream_options={"include_usage": True}))
        pieces = [c.choices[0].delta.content or "" for c in chunks if c.choices]
        assert len(pieces) > 5
        eq("".join(pieces), whole)
        assert chunks[-1].usage.completion_tokens > 0


@check
async def asynchronous_with_a_token():
    async def token():
        return API_KEY

    client = AsyncAzureOpenAI(azure_ad_token_provider=token, **SETTINGS)
    out = ""
    async for chunk in await client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": "Count from 1 to 9"}], stream=True
    ):
        out += chunk.choices[0].delta.content or "" if chunk.choices else ""
    eq(out, "1 2 3 4 5 6 7 8 9")


@check
def tool_call_and_result():
    messages = [{"role": "user", "content": "What is the weather in Paris?"}]
    r = client.chat.completions.create(model=MODEL, messages=messages, tools=[WEATHER])
    message = r.choices[0].message
    (call,) = message.tool_calls
    eq((r.choices[0].finish_reason, call.function.name), ("tool_calls", "get_weather"))
    eq(json.loads(call.function.arguments), {"city": "Paris"})
    messages += [message, {"role": "tool", "tool_call_id": call.id, "content": "18 degrees"}]
    r = client.chat.completions.create(model=MODEL, messages=messages, tools=[WEATHER])
    assert "18 degrees" in r.choices[0].message.content


@check
def parallel_calls_in_a_stream():
    arguments = {}
    for chunk in ask("What is the weather in Paris and in London?", tools=[WEATHER], stream=True):
        for call in (chunk.choices[0].delta.tool_calls or []) if chunk.choices else []:
            arguments[call.index] = arguments.get(call.index, "") + (call.function.arguments or "")
    eq([json.loads(arguments[index]) for index in sorted(arguments)], [{"city": "Paris"}, {"city": "London"}])


class Person(BaseModel):
    name: str
    age: int


@check
def structured_answer():
    r = client.chat.completions.parse(
        model=MODEL, messages=[{"role": "user", "content": "name: Ada, age: 36"}], response_format=Person
    )
    eq(r.choices[0].message.parsed, Person(name="Ada", age=36))


@check
def responses():
    """Responses have no deployment in their path on either surface."""
    for through in (client, undated):
        r = through.responses.create(model=MODEL, input="Reply with exactly: pong")
        eq((r.output_text, r.status), ("pong", "completed"))


@check
def vectors():
    texts = ["a cat sat on a mat", "a cat lay on a mat", "shares fell in Tokyo"]
    for through in (client, undated):
        one, two, three = (row.embedding for row in through.embeddings.create(model=EMBED_MODEL, input=texts).data)
        assert cosine(one, two) > cosine(one, three)
    eq(len(client.embeddings.create(model=EMBED_MODEL, input="a cat", dimensions=32).data[0].embedding), 32)


@check
def pictures_and_sound():
    picture = client.images.generate(model=MODEL, prompt="A red cat.", response_format="b64_json").data[0]
    assert picture.b64_json
    spoken = client.audio.speech.create(model=MODEL, voice="alloy", input="Hello there.", response_format="wav").read()
    assert spoken[:4] == b"RIFF", spoken[:16]
    sound = io.BytesIO(spoken)
    sound.name = "hello.wav"
    assert client.audio.transcriptions.create(model=MODEL, file=sound).text


@check
def models():
    assert any(model.id == MODEL for model in client.models.list())
    assert any(model.id == MODEL for model in undated.models.list())


@check
def errors_have_the_wire_s_form():
    error = raises(openai.NotFoundError, lambda: ask("Hello", model="no-such-model"))
    assert "no-such-model" in error.message, error.message
    stranger = AzureOpenAI(api_key="sk-wrong", **SETTINGS)
    raises(openai.AuthenticationError, lambda: ask("Hello", through=stranger))
    raises(openai.RateLimitError, lambda: ask("Hello", model="sim-fault-429"))
    eq(raises(openai.InternalServerError, lambda: ask("Hello", model="sim-fault-503", stream=True)).status_code, 503)
    unversioned = OpenAI(base_url=f"{ROOT_URL}/openai/deployments/{MODEL}", api_key=API_KEY, max_retries=0)
    raises(openai.NotFoundError, lambda: ask("Hello", through=unversioned))


main("openai-python (Azure) " + importlib.metadata.version("openai"))
