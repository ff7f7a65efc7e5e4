"""AWS's own SDK: Converse whole and streamed, tools, thinking, Claude's and Titan's bodies, counts, models, errors."""

import json

import boto3
from botocore.config import Config
from botocore.eventstream import ChecksumMismatch
from botocore.exceptions import ClientError, EventStreamError, ParamValidationError
from checks import API_KEY, EMBED_MODEL, MODEL, ROOT_URL, check, cosine, eq, main, raises

CONFIG = Config(retries={"max_attempts": 1, "mode": "standard"}, read_timeout=20)


def client(key=API_KEY, service="bedrock-runtime"):
    """Signs with a key pair: the server knows its clients by the id."""
    return boto3.client(
        service,
        endpoint_url=ROOT_URL,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key="not-looked-at",
        config=CONFIG,
    )


bedrock = client()
TOOLS = {
    "tools": [
        {
            "toolSpec": {
                "name": "get_weather",
                "description": "The weather in a city",
                "inputSchema": {
                    "json": {
                        "type": "object",
                        "properties": {"city": {"type": "string"}},
                        "required": ["city"],
                    }
                },
            }
        }
    ]
}


def said(text, role="user"):
    return {"role": role, "content": [{"text": text}]}


def ask(text, model=MODEL, **settings):
    return bedrock.converse(modelId=model, messages=[said(text)], **settings)


def stream(text, model=MODEL, **settings):
    return list(bedrock.converse_stream(modelId=model, messages=[said(text)], **settings)["stream"])


def blocks(answer):
    return answer["output"]["message"]["content"]


def gathered(events):
    """The blocks of a stream, as a client puts them together."""
    found = {}
    for event in events:
        if start := event.get("contentBlockStart"):
            found[start["contentBlockIndex"]] = {"toolUse": dict(start["start"]["toolUse"], input="")}
        if piece := event.get("contentBlockDelta"):
            delta, block = piece["delta"], found.setdefault(piece["contentBlockIndex"], {})
            if "text" in delta:
                block["text"] = block.get("text", "") + delta["text"]
            if "toolUse" in delta:
                block["toolUse"]["input"] += delta["toolUse"]["input"]
            for name, value in delta.get("reasoningContent", {}).items():
                block[name] = block.get(name, "") + value
    return [found[place] for place in sorted(found)]


@check
def text_and_counts():
    r = ask("Reply with exactly: pong")
    eq(r["output"]["message"], said("pong", "assistant"))
    eq(r["stopReason"], "end_turn")
    usage = r["usage"]
    assert usage["inputTokens"] > 0 and usage["outputTokens"] > 0
    cached = usage.get("cacheReadInputTokens", 0) + usage.get("cacheWriteInputTokens", 0)
    eq(usage["totalTokens"], usage["inputTokens"] + usage["outputTokens"] + cached)
    assert r["metrics"]["latencyMs"] >= 0 and r["ResponseMetadata"]["HTTPStatusCode"] == 200


@check
def history_is_read():
    r = bedrock.converse(
        modelId=MODEL,
        system=[{"text": "Be brief."}],
        messages=[said("Hi, my name is Ada."), said("Hello Ada.", "assistant"), said("What is my name?")],
    )
    assert "Ada" in blocks(r)[0]["text"]


@check
def limits_and_stops():
    cut = ask("Count from 1 to 200", inferenceConfig={"maxTokens": 5})
    eq(cut["stopReason"], "max_tokens")
    assert cut["usage"]["outputTokens"] <= 5
    stopped = ask("Count from 1 to 20", inferenceConfig={"stopSequences": ["7"], "temperature": 0.5})
    assert "6" in blocks(stopped)[0]["text"] and "7" not in blocks(stopped)[0]["text"]


@check
def stream_equals_plain():
    whole, events = ask("Count from 1 to 30"), stream("Count from 1 to 30")
    names = [next(iter(event)) for event in events]
    eq((names[0], names[-2:]), ("messageStart", ["messageStop", "metadata"]))
    assert names.count("contentBlockDelta") > 5
    eq(events[0]["messageStart"]["role"], "assistant")
    eq(gathered(events), blocks(whole))
    eq(events[-2]["messageStop"]["stopReason"], whole["stopReason"])
    eq(events[-1]["metadata"]["usage"], whole["usage"])


@check
def tool_call_and_result():
    messages = [said("What is the weather in Paris?")]
    r = bedrock.converse(modelId=MODEL, messages=messages, toolConfig=TOOLS)
    eq(r["stopReason"], "tool_use")
    (call,) = [block["toolUse"] for block in blocks(r) if "toolUse" in block]
    eq((call["name"], call["input"]), ("get_weather", {"city": "Paris"}))
    result = {"toolUseId": call["toolUseId"], "content": [{"json": {"degrees": 18}}, {"text": "18 degrees"}]}
    messages += [r["output"]["message"], {"role": "user", "content": [{"toolResult": result}]}]
    r = bedrock.converse(modelId=MODEL, messages=messages, toolConfig=TOOLS)
    assert "18 degrees" in blocks(r)[0]["text"], r


@check
def parallel_calls_in_a_stream():
    events = stream("What is the weather in Paris and in London?", toolConfig=TOOLS)
    calls = [block["toolUse"] for block in gathered(events) if "toolUse" in block]
    eq([json.loads(call["input"]) for call in calls], [{"city": "Paris"}, {"city": "London"}])
    assert len({call["toolUseId"] for call in calls}) == 2
    eq(events[-2]["messageStop"]["stopReason"], "tool_use")


@check
def a_demanded_call():
    r = ask("Hello", toolConfig=dict(TOOLS, toolChoice={"tool": {"name": "get_weather"}}))
    eq([block["toolUse"]["name"] for block in blocks(r) if "toolUse" in block], ["get_weather"])


@check
def structured_answer():
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name", "age"],
    }
    form = {"type": "json_schema", "structure": {"jsonSchema": {"schema": json.dumps(schema), "name": "person"}}}
    r = ask("name: Ada, age: 36", outputConfig={"textFormat": form})
    eq(json.loads(blocks(r)[-1]["text"]), {"name": "Ada", "age": 36})


@check
def picture_and_document():
    image = {"image": {"format": "png", "source": {"bytes": b"\x89PNG\r\n\x1a\n" + bytes(12)}}}
    document = {"document": {"format": "pdf", "name": "report", "source": {"bytes": b"%PDF-1.4 x"}}}
    messages = [{"role": "user", "content": [{"text": "What is this?"}, image, document]}]
    text = blocks(bedrock.converse(modelId=MODEL, messages=messages))[0]["text"]
    assert "image/png, 20 bytes" in text and "application/pdf, 10 bytes" in text, text


@check
def thinking_is_signed_and_goes_back():
    fields = {"thinking": {"type": "enabled", "budget_tokens": 2000}}
    r = ask("Reply with exactly: pong", additionalModelRequestFields=fields)
    thought = blocks(r)[0]["reasoningContent"]["reasoningText"]
    assert thought["text"] and thought["signature"]
    eq(blocks(r)[-1]["text"], "pong")
    messages = [said("Reply with exactly: pong"), r["output"]["message"], said("Reply with exactly: again")]
    again = bedrock.converse(modelId=MODEL, messages=messages, additionalModelRequestFields=fields)
    eq(blocks(again)[-1]["text"], "again")
    pieces = gathered(stream("Reply with exactly: pong", additionalModelRequestFields=fields))
    assert pieces[0]["text"] and pieces[0]["signature"], pieces
    eq(pieces[-1]["text"], "pong")


CLAUDE = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Reply with exactly: pong"}],
}


@check
def claudes_own_body():
    r = bedrock.invoke_model(modelId=MODEL, body=json.dumps(CLAUDE), contentType="application/json")
    answer = json.loads(r["body"].read())
    eq((answer["type"], answer["content"], answer["stop_reason"]), ("message", [{"type": "text", "text": "pong"}], "end_turn"))
    assert answer["usage"]["input_tokens"] > 0


@check
def claudes_own_stream():
    r = bedrock.invoke_model_with_response_stream(modelId=MODEL, body=json.dumps(CLAUDE))
    events = [json.loads(event["chunk"]["bytes"]) for event in r["body"]]
    eq((events[0]["type"], events[-1]["type"]), ("message_start", "message_stop"))
    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    eq("".join(delta.get("text", "") for delta in deltas), "pong")


@check
def vectors():
    def embed(text, **settings):
        body = json.dumps({"inputText": text, **settings})
        return json.loads(bedrock.invoke_model(modelId=EMBED_MODEL, body=body)["body"].read())

    one, two, three = map(embed, ["a cat sat on a mat", "a cat lay on a mat", "shares fell in Tokyo"])
    assert cosine(one["embedding"], two["embedding"]) > cosine(one["embedding"], three["embedding"])
    assert one["inputTextTokenCount"] > 0
    eq(len(embed("a cat", dimensions=256)["embedding"]), 256)


@check
def counts_of_tokens():
    short, long = (
        bedrock.count_tokens(modelId=MODEL, input={"converse": {"messages": [said(text)]}})["inputTokens"]
        for text in ("Hi", "Hi " * 50)
    )
    assert 0 < short < long
    invoked = {"invokeModel": {"body": json.dumps(CLAUDE).encode()}}
    assert bedrock.count_tokens(modelId=MODEL, input=invoked)["inputTokens"] > 0


@check
def models():
    listed = client(service="bedrock").list_foundation_models()["modelSummaries"]
    assert any(model["modelId"] == MODEL for model in listed), listed


def code(call):
    error = raises(ClientError, call).response
    return error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]


@check
def errors_have_the_wires_form():
    eq(code(lambda: ask("Hello", model="no-such-model")), ("ResourceNotFoundException", 404))
    unknown = raises(bedrock.exceptions.ResourceNotFoundException, lambda: ask("Hello", model="no-such-model"))
    assert "no-such-model" in str(unknown)
    messages = [said("Hello")]
    eq(code(lambda: client("sk-wrong").converse(modelId=MODEL, messages=messages))[0], "UnrecognizedClientException")
    eq(code(lambda: ask("Hello", model="sim-fault-429")), ("ThrottlingException", 429))
    eq(code(lambda: stream("Hello", model="sim-fault-503")), ("ServiceUnavailableException", 503))
    eq(code(lambda: ask("Hello", inferenceConfig={"temperature": 1.5})), ("ValidationException", 400))
    orphan = {"toolResult": {"toolUseId": "nobody", "content": [{"text": "x"}]}}
    lost = [said("Hello"), said("Yes?", "assistant"), {"role": "user", "content": [orphan]}]
    eq(code(lambda: bedrock.converse(modelId=MODEL, messages=lost)), ("ValidationException", 400))
    eq(code(lambda: bedrock.converse(modelId=MODEL)), ("ValidationException", 400))
    raises(ParamValidationError, lambda: bedrock.converse(messages=messages))


@check
def an_error_in_a_stream_is_an_exception():
    said_so_far = []

    def read():
        request = {"modelId": "sim-fault-error5", "messages": [said("Count from 1 to 9")]}
        for event in bedrock.converse_stream(**request)["stream"]:
            said_so_far.append(event)

    error = raises(EventStreamError, read).response["Error"]
    assert error["Code"].endswith("Exception") and error["Message"], error
    assert any("contentBlockDelta" in event for event in said_so_far)
    garbage = {"modelId": "sim-fault-garbage3", "messages": [said("Count from 1 to 9")]}
    raises(ChecksumMismatch, lambda: list(bedrock.converse_stream(**garbage)["stream"]))


main("bedrock-boto3 " + boto3.__version__)
