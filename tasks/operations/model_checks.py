"""Checks of a language model: whether it answers, and what its host says about it."""

import asyncio
import contextlib
import ipaddress
import os
import shutil
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from blocks.models import CloudflareModel, LanguageModel, OllamaModel
from blocks.models.faults import fault
from blocks.models.replies import reply_object
from blocks.models.wire import Question
from tasks.answering.ask import Asking, Model, Slot, unshared
from tasks.answering.transport import new_client
from tasks.operations.checks import Finding, in_thread, ok

PROBE = Question(
    "You answer in one word.", "Is the line open? Answer: yes", max_tokens=16, temperature=0.1, seed=7, name="probe", fresh=True
)  # fmt: skip
GB = 10**9
SOON = timedelta(days=90)
"""A deprecation nearer than this is worth a warning: a gate takes days, and a phase follows another."""


async def check_answer(name: str, block: LanguageModel, seconds: float, slot: Slot = unshared) -> Finding:
    """Asks one short question, once, as soon as the model's limit lets it. Raises CallError, ConfigurationError.

    Half of the time is for waiting: a model that others are asking is not dead, and one that is loaded first needs the rest.
    """
    async with contextlib.AsyncExitStack() as stack:
        try:
            async with asyncio.timeout(seconds / 2):
                await stack.enter_async_context(slot(block))
        except TimeoutError:
            do = "nothing, if runs are asking it; else look at its limit under Concurrency in the Prefect UI."
            return Finding("warning", f"{block.model} was not asked: no slot was free for {seconds / 2:.0f} s.", do)
        return await _answer(name, block, seconds)


async def _answer(name: str, block: LanguageModel, seconds: float) -> Finding:
    patient = block.model_copy(update={"attempts": 1, "base_seconds": seconds})
    stack = contextlib.ExitStack()
    try:
        endpoint = await in_thread(lambda: stack.enter_context(patient.reach()))
        async with new_client() as client:
            digest = await patient.digest(client, endpoint)
            asked = await Asking(client).prose(Model(name, patient, endpoint, digest), PROBE)
    finally:
        stack.close()
    if asked.error:
        raise asked.error
    latency, tokens = asked.latency or 0.0, asked.completion_tokens
    speed = f", {tokens / latency:.0f} tokens/s" if tokens and latency else ""
    return ok(f"{block.model} answered in {latency:.1f} s{speed}" + (f", digest {digest[:12]}" if digest else ""))


async def check_ollama(block: OllamaModel) -> Finding:
    """Whether the host has the model, with the weights and the window the block says. Raises CallError."""
    with block.reach() as endpoint:
        async with new_client() as client:
            digest = await block.digest(client, endpoint)
            listed = await _json(client.get(f"{endpoint.base_url}/api/tags", headers=dict(endpoint.headers)))
            wanted = client.post(
                f"{endpoint.base_url}/api/show", headers=dict(endpoint.headers), json={"model": block.model}
            )
            shown = await _json(wanted)
    size = next((model.get("size", 0) for model in listed.get("models", []) if model.get("digest") == digest), 0)
    facts = shown.get("model_info", {})
    window = next((value for key, value in facts.items() if key.endswith(".context_length")), None)
    told, free = room_of_ollama(block.base_url)
    found = f"digest {(digest or '')[:12]}, {size / GB:.1f} GB on disk ({told}), context {window or 'unknown'}"
    if isinstance(window, int) and window < block.context_window:
        do = f"set the block's context window to {window} or less: beyond it the prompt is cut."
        return Finding("failed", f"{found}; the block says {block.context_window}.", do)
    if free is not None and free < size:
        return Finding(
            "warning", found, "free that disk: new weights of the same size could not be pulled beside these."
        )
    return ok(found) if block.expected_digest else Finding(
        "warning", found, f"enter {(digest or '')[:12]} as the block's expected digest, so that other weights are refused."
    )  # fmt: skip


async def check_cloudflare(block: CloudflareModel, today: date) -> Finding:
    """Whether Cloudflare lists the model, until when, and at which price. Raises CallError, ConfigurationError."""
    with block.reach() as endpoint:
        url = f"{block.base_url.rstrip('/')}/accounts/{block.account_id}/ai/models/search"
        query = {"search": block.model, "per_page": "100"}
        async with new_client() as client:
            reply = await _json(client.get(url, params=query, headers=dict(endpoint.headers)))
    listed = next((model for model in reply.get("result") or [] if model.get("name") == block.model), None)
    if listed is None:
        return Finding("failed", f"Cloudflare does not list {block.model}.", "name another model block in the lineup.")
    properties = {one.get("property_id"): one.get("value") for one in listed.get("properties", [])}
    return _listed(block, properties, today)


def _listed(block: CloudflareModel, properties: Mapping[str, Any], today: date) -> Finding:
    announced, prices = properties.get("planned_deprecation_date"), _prices(properties.get("price"))
    ends = _day(announced)
    if announced and ends is None:
        do = "read on the model's page at Cloudflare when it ends, and plan a phase to its successor."
        return Finding("warning", f"Cloudflare announces an end in unknown words: {str(announced)[:60]!r}.", do)
    if ends and ends <= today:
        return Finding("failed", f"Cloudflare withdrew it on {ends}.", "name another model block in the lineup.")
    if ends and ends - today < SOON:
        return Finding("warning", f"Cloudflare withdraws it on {ends}.", "plan a phase to its successor now.")
    told = {"input": (block.input_price, prices.get("input")), "output": (block.output_price, prices.get("output"))}
    wrong = [
        f"{kind} {there} USD, the block says {here}"
        for kind, (here, there) in told.items()
        if there not in (None, here)
    ]
    if wrong:
        return Finding(
            "warning", f"Listed at another price: {'; '.join(wrong)}.", "correct the prices in the model block."
        )
    end = f"ends on {ends}" if ends else "no end announced"
    return ok(f"listed, {'no price given' if not prices else 'at the price of the block'}, {end}")


def _day(announced: Any) -> date | None:
    """The day a date or time of ISO 8601 begins with; None for anything else."""
    try:
        return date.fromisoformat(str(announced)[:10])
    except ValueError:
        return None


def _prices(listed: Any) -> dict[str, float]:
    """Kind of token -> USD per million, as far as the list says."""
    found = {}
    for price in listed if isinstance(listed, list) else []:
        for kind in ("input", "output"):
            if f"{kind} tokens" in str(price.get("unit", "")):
                with contextlib.suppress(KeyError, TypeError, ValueError):
                    found[kind] = float(price["price"])
    return found


async def _json(request: Any) -> dict[str, Any]:
    """The JSON object a host answers. Raises CallError."""
    try:
        reply = await request
    except httpx.DecodingError as error:
        raise fault("invalid_envelope", str(error)) from None
    except httpx.HTTPError as error:
        raise fault("connection", f"The host does not answer as expected ({type(error).__name__}).") from None
    if reply.status_code in (401, 403):
        raise fault("unauthorized", f"The host answered HTTP {reply.status_code}.")
    if reply.status_code >= 400:
        raise fault("invalid_envelope", f"The host answered HTTP {reply.status_code}.")
    return reply_object(reply.status_code, reply.content)


def room_of_ollama(url: str) -> tuple[str, int | None]:
    """Free bytes of the disk with Ollama's models, in words and as a number, where Ollama runs on this machine."""
    host = urlsplit(url).hostname or ""
    if not _is_here(host):
        return f"the free space of {host} is not seen from here", None
    for place in _folders_of_ollama():
        with contextlib.suppress(
            OSError
        ):  # its service's is closed to others, who may not even look whether it is there
            free = shutil.disk_usage(place).free
            return f"{free / GB:.0f} GB free at {place}", free
    return "its folder of models is not seen from here; name it with OLLAMA_MODELS", None


def _is_here(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    return False


def _folders_of_ollama() -> list[Path]:
    """Where it keeps models: where it is told to, of whoever started it, of its service on Linux."""
    told = os.environ.get("OLLAMA_MODELS")
    return [Path(told)] if told else [Path.home() / ".ollama/models", Path("/usr/share/ollama/.ollama/models")]
