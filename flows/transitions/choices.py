"""What the forms about gates offer to choose from: drop-downs, and numbers within bounds."""

from typing import Annotated

from pydantic import Field

from blocks.lineups import lineup_kinds
from flows.transitions.plans import generator, transcripts

PhaseKey = Annotated[
    str, Field(json_schema_extra={"enum": [one.key for one in (*generator.PHASES, *transcripts.PHASES)]})
]
PipelineKey = Annotated[str, Field(json_schema_extra={"enum": sorted(lineup_kinds())})]
Repeats = Annotated[int, Field(ge=1, le=100)]
"""How often the suite asks each input."""
Money = Annotated[float, Field(ge=0)]
"""USD."""
