"""Google's own SDK on the Gemini wire: chat, streams, tools, structured answers, media, vectors, counts, errors."""

import importlib.metadata
import struct
import zlib

from checks import API_KEY, EMBED_MODEL, MODEL, ROOT_URL, check, cosine, eq, main, raises
from google import genai
from google.genai import errors, types
from pydantic import BaseModel

client = genai.Client(api_key=API_KEY, http_options=types.HttpOptions(base_url=ROOT_URL))
WEATHER = types.Tool(
    function_declarations=[
        types.FunctionDeclaration(
            name="get_weather",
            description="The weather in a city",
            parameters=types.Schema(
                type=types.Type.OBJECT,
                properties={"city": types.Schema(type=types.Type.STRING)},
                required=["city"],
            ),
        )
    ]
)
NO_LOOP = types.AutomaticFunctionCallingConfig(disable=True)


def ask(contents, model=MODEL, **config):
    return client.models.generate_content(
        model=model, contents=contents, config=types.GenerateContentConfig(**config)
    )


def png():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0abc")) + chunk(b"IEND", b"")


@check
def text_and_usage():
    r = ask("Reply with exactly: pong", system_instruction="Be brief.")
    eq(r.text, "pong")
    eq(r.candidates[0].finish_reason, types.FinishReason.STOP)
    eq(r.candidates[0].content.role, "model")
    usage = r.usage_metadata
    assert usage.prompt_token_count > 0 and usage.candidates_token_count > 0
    eq(usage.total_token_count, usage.prompt_token_count + usage.candidates_token_count)
    assert r.model_version and r.response_id


@check
def history_is_read():
    chat = client.chats.create(model=MODEL)
    chat.send_message("Hi, my name is Ada.")
    assert "Ada" in chat.send_message("What is my name?").text
    eq([content.role for content in chat.get_history()], ["user", "model", "user", "model"])


@check
def limits_and_stops():
    cut = ask("Count from 1 to 200", max_output_tokens=5)
    eq(cut.candidates[0].finish_reason, types.FinishReason.MAX_TOKENS)
    assert cut.usage_metadata.candidates_token_count <= 5
    stopped = ask("Count from 1 to 20", stop_sequences=["7"])
    assert "6" in stopped.text and "7" not in stopped.text


@check
def several_candidates():
    r = ask("Reply with exactly: twice", candidate_count=2)
    eq([candidate.content.parts[0].text for candidate in r.candidates], ["twice", "twice"])
    eq([candidate.index or 0 for candidate in r.candidates], [0, 1])


@check
def stream_equals_plain():
    whole = ask("Count from 1 to 30")
    pieces = list(client.models.generate_content_stream(model=MODEL, contents="Count from 1 to 30"))
    assert len(pieces) > 5
    eq("".join(piece.text or "" for piece in pieces), whole.text)
    eq(pieces[-1].candidates[0].finish_reason, types.FinishReason.STOP)
    eq(pieces[-1].usage_metadata.total_token_count, whole.usage_metadata.total_token_count)


@check
async def asynchronous_stream():
    out = ""
    async for piece in await client.aio.models.generate_content_stream(model=MODEL, contents="Count from 1 to 9"):
        out += piece.text or ""
    eq(out, "1 2 3 4 5 6 7 8 9")


@check
def tool_call_and_result():
    question = types.Content(role="user", parts=[types.Part(text="What is the weather in Paris?")])
    r = ask([question], tools=[WEATHER], automatic_function_calling=NO_LOOP)
    (call,) = r.function_calls
    eq((call.name, call.args), ("get_weather", {"city": "Paris"}))
    answer = types.Part.from_function_response(name=call.name, response={"result": "18 degrees"})
    answer.function_response.id = call.id
    r = ask([question, r.candidates[0].content, types.Content(role="user", parts=[answer])], tools=[WEATHER])
    assert "18 degrees" in r.text


@check
def parallel_calls_in_a_stream():
    calls = []
    for piece in client.models.generate_content_stream(
        model=MODEL,
        contents="What is the weather in Paris and in London?",
        config=types.GenerateContentConfig(tools=[WEATHER], automatic_function_calling=NO_LOOP),
    ):
        calls += piece.function_calls or []
    eq([call.args for call in calls], [{"city": "Paris"}, {"city": "London"}])


@check
def automatic_function_calling():
    def get_weather(city: str) -> str:
        """The weather in a city."""
        return f"18 degrees in {city}"

    r = ask("How is the weather in Oslo?", tools=[get_weather])
    assert "18 degrees in Oslo" in r.text


@check
def tool_choice():
    def mode(mode, names=None):
        config = types.FunctionCallingConfig(mode=mode, allowed_function_names=names)
        return types.ToolConfig(function_calling_config=config)

    never = ask(
        "What is the weather in Paris?",
        tools=[WEATHER],
        tool_config=mode("NONE"),
        automatic_function_calling=NO_LOOP,
    )
    assert not never.function_calls
    always = ask("Hello", tools=[WEATHER], tool_config=mode("ANY"), automatic_function_calling=NO_LOOP)
    eq(always.function_calls[0].name, "get_weather")


class Person(BaseModel):
    name: str
    age: int


@check
def structured_answer():
    r = ask("name: Ada, age: 36", response_mime_type="application/json", response_schema=Person)
    eq(r.parsed, Person(name="Ada", age=36))
    schema = Person.model_json_schema()
    r = ask("name: Ada, age: 36", response_mime_type="application/json", response_json_schema=schema)
    eq(Person.model_validate_json(r.text), Person(name="Ada", age=36))


@check
def picture():
    data = png()
    r = ask([types.Part.from_bytes(data=data, mime_type="image/png"), "What is this?"])
    assert f"image/png, {len(data)} bytes" in r.text, r.text


@check
def thoughts_are_signed_and_go_back():
    thinking = types.ThinkingConfig(thinking_budget=1024, include_thoughts=True)
    question = types.Content(role="user", parts=[types.Part(text="Reply with exactly: pong")])
    r = ask([question], thinking_config=thinking)
    parts = r.candidates[0].content.parts
    assert any(part.thought for part in parts)
    assert any(part.thought_signature for part in parts)
    eq("".join(part.text for part in parts if part.text and not part.thought), "pong")
    assert r.usage_metadata.thoughts_token_count > 0
    again = types.Content(role="user", parts=[types.Part(text="Reply with exactly: again")])
    eq(ask([question, r.candidates[0].content, again]).text, "again")


@check
def vectors():
    texts = ["a cat sat on a mat", "a cat lay on a mat", "shares fell in Tokyo"]
    r = client.models.embed_content(model=EMBED_MODEL, contents=texts)
    one, two, three = (embedding.values for embedding in r.embeddings)
    assert cosine(one, two) > cosine(one, three)
    r = client.models.embed_content(
        model=EMBED_MODEL, contents="a cat", config=types.EmbedContentConfig(output_dimensionality=32)
    )
    eq(len(r.embeddings[0].values), 32)


@check
def token_counts():
    little = client.models.count_tokens(model=MODEL, contents="hi").total_tokens
    much = client.models.count_tokens(model=MODEL, contents="hi " * 100).total_tokens
    assert 0 < little < much


@check
def models():
    names = [model.name for model in client.models.list()]
    assert any(name.endswith(MODEL) for name in names), names
    assert client.models.get(model=MODEL).name.endswith(MODEL)


@check
def errors_have_the_wire_s_form():
    error = raises(errors.ClientError, lambda: ask("Hello", model="no-such-model"))
    eq((error.code, error.status), (404, "NOT_FOUND"))
    stranger = genai.Client(api_key="sk-wrong", http_options=types.HttpOptions(base_url=ROOT_URL))
    error = raises(errors.ClientError, lambda: stranger.models.generate_content(model=MODEL, contents="Hello"))
    assert error.code in (400, 401, 403), error.code
    eq(raises(errors.ServerError, lambda: ask("Hello", model="sim-fault-503")).code, 503)
    eq(raises(errors.ClientError, lambda: ask("Hello", model="sim-fault-429")).status, "RESOURCE_EXHAUSTED")


main("google-genai-python " + importlib.metadata.version("google-genai"))
