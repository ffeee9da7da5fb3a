"""Names of flow runs, by which people tell them apart in a list: what it is about, and when it was due."""

from collections.abc import Callable

from prefect.runtime import flow_run


def dated(words: str) -> Callable[[], str]:
    """Names a run `words` with its minute in UTC behind: "watch 2026-11-23 04:20".

    A parameter of the flow may stand in the words, as in "drill {pipeline}".
    """

    def name() -> str:
        said = words.format_map(flow_run.parameters)
        return f"{' '.join(said.split())} {flow_run.scheduled_start_time:%Y-%m-%d %H:%M}"

    return name
