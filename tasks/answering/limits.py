"""Whether a prompt fits a model, before anything is sent."""

from blocks.errors import PromptTooLongError
from blocks.models import LanguageModel
from blocks.models.wire import Question
from tasks.answering.tokens import CHARACTERS_PER_TOKEN, estimate_tokens

SPARE_TOKENS = 100
"""Left free for the chat template and the error of the estimate."""


def characters_left(model: LanguageModel, question: Question) -> int:
    """Characters the prompt may still grow by; negative if it is too long already."""
    prompt = estimate_tokens(question.system) + estimate_tokens(question.user)
    return int((model.context_window - prompt - question.max_tokens - SPARE_TOKENS) * CHARACTERS_PER_TOKEN)


def room(model: LanguageModel, wanted: int) -> int:
    """The output limit to send: what is wanted, at most what the model gives."""
    return min(wanted, model.max_output_tokens)


def fits(model: LanguageModel, question: Question) -> bool:
    """Whether prompt, answer and spare fit the context window."""
    return characters_left(model, question) >= 0


def require_fit(model: LanguageModel, question: Question, name: str) -> None:
    """Raises PromptTooLongError if prompt, answer and spare do not fit the context window of block `name`."""
    if not fits(model, question):
        prompt = estimate_tokens(question.system) + estimate_tokens(question.user)
        raise PromptTooLongError(
            f"The prompt of {question.name} needs about {prompt:,} tokens and its answer up to {question.max_tokens:,}; "
            f"the model block {name!r} has a window of {model.context_window:,}.",
            means="nothing was sent: a cut prompt gives a wrong answer without any error.",
            do="name a model with a larger window for this role in the lineup, or shorten the input.",
        )
