"""What a phase is: which roles move to which model, after what, judged how, and what people check besides."""

from typing import Literal, Self

from pydantic import Field, model_validator

from tasks.judging.policy import Demand, Policy
from tasks.judging.values import Value

Checked = Literal["precondition", "suite", "verdict", "watch", "person"]
"""
precondition  checked before testing begins
suite         checked while the suite runs on preview
verdict       proven or not by the calls of the window
watch         seen to while the gate waits and after promotion
person        confirmed by an approver on the form, and recorded by name
"""


class Item(Value):
    """One line of a document's checklist, criteria or goals, and who sees to it."""

    text: str = Field(min_length=3)
    by: Checked
    demands: tuple[Demand, ...] = ()
    """What has to be proven for it, of an item that the verdict sees to; all that the phase demands if empty."""


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
        return self

    @property
    def human(self) -> tuple[str, ...]:
        """What approvers confirm."""
        return tuple(item.text for item in self.checklist if item.by == "person")

    @property
    def is_baseline(self) -> bool:
        return not self.roles


def precondition(text: str) -> Item:
    return Item(text=text, by="precondition")


def suite(text: str) -> Item:
    return Item(text=text, by="suite")


def verdict(text: str, *demands: Demand) -> Item:
    return Item(text=text, by="verdict", demands=demands)


def watch(text: str) -> Item:
    return Item(text=text, by="watch")


def person(text: str) -> Item:
    return Item(text=text, by="person")
