"""Where the inputs of a suite are: the shipped samples, or a folder of one's own.

The samples show that everything runs. What they prove is little, since only different inputs count: a gate that demands
something of the answers needs tens of briefs or transcripts, as unlike each other as those of users are.
"""

import os
from pathlib import Path

from blocks.errors import ConfigurationError

SUITES_VARIABLE = "PHASEGATE_SUITES"


def suite_folder(pipeline: str, shipped: Path) -> Path:
    """The folder named like the pipeline below `PHASEGATE_SUITES`; `shipped` where that is not set.

    Raises ConfigurationError if it is set and has no such folder: other inputs than those meant would be asked.
    """
    place = os.environ.get(SUITES_VARIABLE)
    if not place:
        return shipped
    folder = Path(place).expanduser() / pipeline
    if not folder.is_dir():
        raise ConfigurationError(
            f"{SUITES_VARIABLE} names {place}, and there is no folder {pipeline!r} in it.",
            means=f"nothing of the pipeline {pipeline!r} can be tested.",
            do="make it and put its inputs there: briefs as .json; transcripts with their .gold.json beside them.",
        )
    return folder
