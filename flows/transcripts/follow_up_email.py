"""Follow-up e-mail: a draft to the client, written from the facts alone."""

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from flows.answers import Answer, Problem, error
from flows.transcripts.agent import Agent, Whole, WholePart
from flows.transcripts.draft_checks import faults
from tasks.transcripts.scoring.drafts import greets_client


class FollowUpEmail(Answer):
    subject: str = Field(min_length=3, max_length=120)
    """Subject line."""
    body: str = Field(min_length=40, max_length=2000)
    """The e-mail from greeting to closing, 80 to 200 words."""

    @property
    def text(self) -> str:
        return f"Subject: {self.subject}\n\n{self.body}"


def _check(answer: Any, whole: Whole) -> Sequence[Problem]:
    text = answer.text
    greeting = greets_client(text, whole.record.client.persons)
    problems = [] if greeting.passed or not whole.record.client.persons else [error("body", greeting.found)]
    return problems + faults("body", text, whole)


AGENT = Agent(
    key="email",
    name="Follow-up e-mail",
    writes=("communications.follow_up_email",),
    whole=WholePart(
        answer=FollowUpEmail,
        task=(
            "Write the advisor's follow-up e-mail to the client of this call. Greet the client by name, thank them, repeat "
            "what was agreed and the next steps with their dates, and answer open objections in a sentence. Use only the "
            "facts above: no other amount, date, name or promise."
        ),
        material=lambda whole: "",
        max_tokens=900,
        check=_check,
    ),
)
