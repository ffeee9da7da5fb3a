"""Ways a call can fail, by what is to be done about them.

`CLASSES` is the whole vocabulary of `error_class` in the records; `fault` makes the error for one of them. Retried are
only those a second, equal request can cure.
"""

import re

from blocks.errors import CallError

_UNSHOWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""What a server may say and no database, log or terminal should get: half characters, controls but tab and new line."""

CLASSES: dict[str, tuple[bool, str, str]] = {
    # class: (retried, what it means, what to do)
    "connection": (True, "the model server cannot be reached.", "check that it runs and that the block's URL is right."),
    "timeout": (True, "the server took longer than the time limit that follows from the output limit.",
                "raise the block's base seconds or lower its tokens per second, or look why the server is slow."),
    "interrupted": (True, "the connection ended before the answer did.", "look at the server's log."),
    "capacity": (True, "the host has no room for the model right now.", "run it again later or use another model."),
    "rate_limited": (True, "too many requests in a short time.", "lower the block's concurrency."),
    "server_error": (True, "the server failed on its side.", "look at the server's log; run it again."),
    "invalid_envelope": (True, "the reply is not in the provider's own format.", "check that the block's URL leads to "
                         "the provider it names and not to a proxy's page."),
    "too_large_reply": (False, "the reply is far larger than any answer can be; it was not read on.",
                        "check what answers under the block's URL."),
    "incomplete": (True, "the model stopped in the middle of its answer.", "raise the output limit or use another model."),
    "json_mode": (True, "the model could not satisfy the requested JSON schema.",
                  "set the field 'JSON capability' of the model block to 'object' or 'none', or use another model."),
    "json_unsupported": (False, "this model does not take the JSON mode its block asks for.",
                         "set the field 'JSON capability' of the model block to 'object' or 'none' (Mistral's models on "
                         "Cloudflare: 'Where the schema goes' to guided_json), or use another model."),
    "quota": (False, "the account's free allowance is used up until 00:00 UTC.",
              "wait until then or move the account to a paid plan."),
    "paid_plan": (False, "this model needs a paid plan.", "change the plan or the model in the lineup."),
    "withdrawn": (False, "the host has withdrawn this model; it will not come back.",
                  "name another model block for this role in the lineup."),
    "unknown_model": (False, "the host does not know this model id.",
                      "correct the block's model id (for Ollama: `ollama pull` it first)."),
    "changed_weights": (False, "another version of the model was pulled under the same name; what is known of the old "
                        "one does not hold for it.",
                        "pull the version the block expects, or enter the new digest in the block and test it first."),
    "unauthorized": (False, "the host does not accept the credentials.", "enter a valid key, and for Cloudflare the account id, in the model "
                     "block."),
    "too_large_request": (False, "the request is larger than the host takes.", "shorten the input, or use a model of "
                          "another host."),
    "context_exceeded": (False, "the prompt does not fit the model's context window.",
                         "use a model with a larger window or shorten the input."),
    "bad_request": (False, "the host refuses the request as it stands.", "read the host's words above; correct the block."),
    "redirected": (False, "the server wants the request sent elsewhere; credentials are never sent on.",
                   "enter the final URL in the block."),
    "invalid_answer": (False, "the model's answer does not have the requested form, also after asking again.",
                       "look at the raw answer in the call's record; use a more capable model for this role."),
    "empty_answer": (True, "the model answered nothing.", "run it again; use another model for this role."),
}  # fmt: skip


def fault(error_class: str, happened: str) -> CallError:
    """The error for one class; `happened` says what was seen, without secrets. It may quote what a server said."""
    retryable, means, do = CLASSES[error_class]
    return CallError(_UNSHOWABLE.sub("", happened), means=means, do=do, error_class=error_class, retryable=retryable)


_STATUSES = {
    401: "unauthorized",
    403: "unauthorized",
    404: "unknown_model",
    408: "timeout",
    413: "too_large_request",
    429: "rate_limited",
    503: "capacity",
}


def status_class(status: int) -> str:
    """The class of an HTTP status that came without a code we know; a refusal under 200 is the server's own fault."""
    return _STATUSES.get(status, "bad_request" if 400 <= status < 500 else "server_error")
