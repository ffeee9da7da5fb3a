"""The gate as the processes of a drill find it: its suite and its demands are short, in every process that imports this."""

from typing import Any, cast

from flows.transitions.gate import gate as gate
from flows.transitions.plans import phases
from flows.transitions.plans.phase import Phase
from flows.transitions.suites import SUITES
from tests.transitions.shortened import OneStage, own_policy

SUITES["generator"] = cast(Any, OneStage())
cast(dict[str, Phase], phases())["generator-1"] = own_policy()
