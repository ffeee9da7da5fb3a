"""What a phase is: which roles move to which model, after what, judged how, and what people check besides."""

from typing import Literal, Self

from pydantic import Field, model_validator

from tasks.judging.policy import Demand, Policy, unfollowable
from tasks.judging.values import Value

Checked = Literal["precondition", "suite", "crm", "verdict", "window", "person"]
"""
precondition  checked before testing begins
suite         read from the runs that were asked of the suite under the preview lineup
crm           read from how far the projections are with what the candidate extracted
verdict       proven or not by the calls of the window
window        the time the candidate was monitored
person        confirmed by an approver on the form, and recorded by name

An item is done only where something was looked at that proves it. What nothing can look at is a person's.
"""

Look = Literal["answered", "rules", "score", "clean", "length", "hour", "faster"]
"""
answered  every run came to its end, every role was asked, and no call is without a valid answer
rules     that, and no rule of the role is broken: counts, prices, differences
score     every output scores 95 or more
clean     no output has a placeholder or repeats the prompt
length    the report has 5,000 to 6,000 words
hour      every run took less than an hour
faster    the whole run takes 15 % less time than it took in the first baseline, on the same inputs
"""


class Item(Value):
    """One line of a document's checklist, criteria or goals, and who sees to it."""

    text: str = Field(min_length=3)
    by: Checked
    demands: tuple[Demand, ...] = ()
    """What has to be proven for it, of an item that the verdict sees to; all that the phase demands if empty."""
    look: Look = "answered"
    """What is looked at in the suite's runs."""
    roles: tuple[str, ...] = ()
    """Roles that a look at the suite is about; all of the pipeline if empty."""
    targets: tuple[str, ...] = ()
    """Projections that have to be done: baserow, graph."""
    hours: float = Field(default=0, ge=0)
    """How long the window, or the phase before, must have lasted without harm; 0: not looked at."""


class Phase(Value):
    key: str = Field(pattern=r"^[a-z]+(-[a-z0-9]+)+$")
    """Pipeline and number or name, for example `generator-1`."""
    title: str
    pipeline: str
    roles: tuple[str, ...]
    """Roles that move. None in a phase that only has to be recorded: the baseline. `*` stands for all of the pipeline."""
    target: str = ""
    """Name of the model block they move to; empty where the documents name none, then whoever starts the gate does."""
    after: tuple[str, ...] = ()
    """Phases that have to be stable before."""
    policy: Policy = Policy()
    protected: bool = False
    canary: bool = False
    checklist: tuple[Item, ...] = ()
    remark: str = ""

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if not self.key.startswith(f"{self.pipeline}-"):
            raise ValueError(f"the key {self.key!r} does not begin with its pipeline, {self.pipeline!r}")
        if len(set(self.roles)) < len(self.roles):
            raise ValueError(f"a role is named twice in {self.key!r}")
        if "*" in self.roles and len(self.roles) > 1:
            raise ValueError(f"{self.key!r} names all roles and some of them again")
        if self.protected and self.policy.approvers < 2:
            raise ValueError(f"{self.key!r} is protected, so its policy needs two approvers")
        if faults := unfollowable(self.policy):
            raise ValueError(f"the watch could not follow the policy of {self.key!r}: {'; '.join(faults)}")
        return self

    @property
    def human(self) -> tuple[str, ...]:
        """What approvers confirm."""
        return tuple(item.text for item in self.checklist if item.by == "person")

    @property
    def is_baseline(self) -> bool:
        return not self.roles


def precondition(text: str, hours: float = 0) -> Item:
    return Item(text=text, by="precondition", hours=hours)


def suite(text: str, look: Look, *roles: str) -> Item:
    return Item(text=text, by="suite", look=look, roles=roles)


def crm(text: str, *targets: str) -> Item:
    return Item(text=text, by="crm", targets=targets)


def verdict(text: str, *demands: Demand) -> Item:
    return Item(text=text, by="verdict", demands=demands)


def window(text: str, hours: float = 24) -> Item:
    return Item(text=text, by="window", hours=hours)


def person(text: str) -> Item:
    return Item(text=text, by="person")
