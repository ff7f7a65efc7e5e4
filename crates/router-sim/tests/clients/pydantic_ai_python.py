"""Pydantic AI over five of its models: texts, streams, tools in steps, typed answers in three ways, pictures, thoughts, errors."""

import asyncio
import base64

import boto3
from checks import API_KEY, MODEL, ROOT_URL, check, eq, main
from mistralai.client import Mistral
from pydantic import BaseModel
from pydantic_ai import Agent, BinaryContent, ModelHTTPError, ModelSettings, NativeOutput, PromptedOutput, ToolOutput
from pydantic_ai.models.bedrock import BedrockConverseModel
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.models.mistral import MistralModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.bedrock import BedrockProvider
from pydantic_ai.providers.google import GoogleProvider
from pydantic_ai.providers.mistral import MistralProvider
from pydantic_ai.providers.openai import OpenAIProvider

LOOP = asyncio.new_event_loop()
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PLACES = "What is the weather in Paris and in London?"
THINKING = {
    "openai": {"openai_reasoning_effort": "high"},
    "responses": {"openai_reasoning_effort": "high", "openai_reasoning_summary": "auto"},
    "google": {"google_thinking_config": {"include_thoughts": True, "thinking_budget": 1000}},
    "bedrock": {
        "bedrock_additional_model_requests_fields": {"thinking": {"type": "enabled", "budget_tokens": 1024}}
    },
}


class Person(BaseModel):
    """A person."""

    name: str
    age: int
    city: str


ALICE = Person(name="Alice", age=31, city="Lisbon")


def runtime(key):
    secrets = {"aws_access_key_id": key, "aws_secret_access_key": "x"}
    return boto3.client("bedrock-runtime", endpoint_url=ROOT_URL, region_name="us-east-1", **secrets)


def models(name=MODEL, key=API_KEY):
    openai = OpenAIProvider(base_url=f"{ROOT_URL}/v1", api_key=key)
    mistral = Mistral(api_key=key, server_url=ROOT_URL)
    return {
        "openai": OpenAIChatModel(name, provider=openai),
        "responses": OpenAIResponsesModel(name, provider=openai),
        "google": GoogleModel(name, provider=GoogleProvider(base_url=ROOT_URL, api_key=key)),
        "mistral": MistralModel(name, provider=MistralProvider(mistral_client=mistral)),
        "bedrock": BedrockConverseModel(name, provider=BedrockProvider(bedrock_client=runtime(key))),
    }


def with_weather(model, **settings):
    agent = Agent(model, **settings)

    @agent.tool_plain
    def get_weather(location: str) -> str:
        return f"sun in {location}"

    return agent


def for_each(function):
    """One check for each model; all in one loop, since the clients keep their connections in it."""
    for name, model in models().items():

        def run(name=name, model=model):
            LOOP.run_until_complete(function(name, model))

        run.__name__ = f"{function.__name__}_{name}"
        check(run)


async def streamed(agent, prompt):
    pieces = 0
    async with agent.run_stream(prompt) as stream:
        async for _ in stream.stream_output(debounce_by=None):
            pieces += 1
        return await stream.get_output(), pieces, stream.usage


@for_each
async def text_and_counts(name, model):
    answer = await Agent(model, instructions="Be brief.").run("Reply with exactly: pong")
    eq((answer.output, answer.all_messages()[-1].finish_reason), ("pong", "stop"))
    assert answer.usage.input_tokens > 0 and answer.usage.output_tokens > 0
    settings = ModelSettings(max_tokens=5, temperature=0.3, top_p=0.9, seed=3, stop_sequences=["zz"])
    cut = await Agent(model).run("Count from 1 to 100", model_settings=settings)
    eq(cut.all_messages()[-1].finish_reason, "length")


@for_each
async def a_stream_is_the_same(name, model):
    whole = await Agent(model).run("Count from 1 to 20")
    output, pieces, usage = await streamed(Agent(model), "Count from 1 to 20")
    eq(output, whole.output)
    assert pieces > 5, pieces
    eq((usage.input_tokens, usage.output_tokens), (whole.usage.input_tokens, whole.usage.output_tokens))


@for_each
async def tools_in_steps(name, model):
    agent = with_weather(model)
    answer = await agent.run(PLACES)
    assert "sun in Paris" in answer.output and "sun in London" in answer.output, answer.output
    eq((await streamed(agent, PLACES))[0], answer.output)
    further = await agent.run("What is the weather in Rome?", message_history=answer.all_messages())
    assert "sun in Rome" in further.output, further.output


@for_each
async def a_tool_that_gives_a_picture(name, model):
    agent = Agent(model)

    @agent.tool_plain
    def take_shot() -> BinaryContent:
        return BinaryContent(PNG, media_type="image/png")

    assert f"image/png, {len(PNG)} bytes" in (await agent.run("take_shot now")).output


@for_each
async def typed_answers(name, model):
    # What a model that Pydantic AI does not know may do there, it is not asked for.
    ways = {"mistral": [ToolOutput, PromptedOutput], "bedrock": [PromptedOutput]}
    for way in ways.get(name, [ToolOutput, NativeOutput, PromptedOutput]):
        agent = Agent(model, output_type=way(Person))
        eq((await agent.run("person name: Alice, age: 31, city: Lisbon")).output, ALICE)
        eq((await streamed(agent, "person name: Alice, age: 31, city: Lisbon"))[0], ALICE)


@for_each
async def a_picture(name, model):
    answer = await Agent(model).run(["Describe", BinaryContent(PNG, media_type="image/png")])
    assert f"image/png, {len(PNG)} bytes" in answer.output, answer.output


@for_each
async def thoughts_go_back(name, model):
    if name not in THINKING:
        return
    answer = await with_weather(model, model_settings=THINKING[name]).run(PLACES)
    assert "sun in Paris" in answer.output, answer.output
    kinds = [part.part_kind for message in answer.all_messages() for part in message.parts]
    assert "thinking" in kinds, kinds


@for_each
async def errors(name, model):
    for given, statuses in (
        ({"key": "sk-wrong"}, (401, 403)),
        ({"name": "nobody"}, (404,)),
        ({"name": "sim-fault-429"}, (429,)),
    ):
        try:
            await Agent(models(**given)[name]).run("x")
        except ModelHTTPError as error:
            assert error.status_code in statuses, (given, error)
        else:
            raise AssertionError(f"no error with {given}")
    try:
        await streamed(Agent(models(name="sim-fault-error4")[name]), "Count from 1 to 20")
    except Exception:
        return
    raise AssertionError("the error in the stream was not raised")


main("pydantic-ai")
