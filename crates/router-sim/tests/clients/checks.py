"""Runs the checks of one client: each is a function, passes when it raises nothing, and is told by its name."""

import asyncio
import inspect
import os
import sys
import traceback

ROOT_URL = os.environ.get("BASE_URL", "http://127.0.0.1:8787/v1").removesuffix("/v1")
API_KEY = os.environ.get("API_KEY", "sk-test")
MODEL = os.environ.get("MODEL", "sim-model")
EMBED_MODEL = os.environ.get("EMBED_MODEL", "sim-embed")

_checks = []


def check(function):
    _checks.append(function)
    return function


def eq(got, wanted):
    assert got == wanted, f"got {got!r}, wanted {wanted!r}"


def raises(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was not raised")


def cosine(one, other):
    dot = sum(a * b for a, b in zip(one, other, strict=True))
    return dot / (sum(a * a for a in one) ** 0.5 * sum(b * b for b in other) ** 0.5)


def main(title):
    failed = 0
    for function in _checks:
        try:
            result = function()
            if inspect.isawaitable(result):
                asyncio.run(result)
            print(f"PASS {function.__name__}")
        except Exception as error:
            failed += 1
            print(f"FAIL {function.__name__}: {type(error).__name__}: {str(error)[:300]}")
            if os.environ.get("VERBOSE"):
                traceback.print_exc()
    print(f"{title}: {len(_checks) - failed} passed, {failed} failed, 0 skipped")
    sys.exit(1 if failed or not _checks else 0)
