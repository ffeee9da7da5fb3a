"""The table at the end of a run."""

import io
from dataclasses import replace

from rich.console import Console

from tasks.reports.terminal import terminal_table
from tasks.reports.views import RunView


def shown(view: RunView, width: int = 100) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width, color_system=None).print(terminal_table(view))
    return [line.rstrip() for line in out.getvalue().splitlines() if line.strip()]


def test_a_line_for_each_stage_between_head_and_totals(demo: RunView) -> None:
    lines = shown(demo)

    assert lines[0].split() == ["Stage", "Model", "Seconds", "Tokens", "Answer", "Score"]
    assert lines[5].split() == [
        "4.", "Avatar", "Creation", "some-model", "7.0", "4,100", "repaired", "95",
    ]  # fmt: skip
    assert lines[15].split()[:6] == ["13", "of", "13", "stages", "92.0", "46,100"]


def test_costs_are_shown_where_any_is_known(demo: RunView) -> None:
    stages = (replace(demo.stages[0], cost=0.0123), *demo.stages[1:])

    lines = shown(replace(demo, stages=stages))

    assert lines[0].endswith("Cost")
    assert lines[2].endswith("$0.0123")
    assert lines[3].endswith("unknown")


def test_a_time_that_nobody_took_is_unknown_and_no_zero(demo: RunView) -> None:
    timeless = replace(demo.stages[0], seconds=None, total_seconds=None)

    assert shown(replace(demo, stages=(timeless, *demo.stages[1:])))[2].split()[4] == "unknown"


def test_it_fits_100_columns_with_the_longest_names(demo: RunView) -> None:
    long = replace(
        demo.stages[0], name="A stage with a name longer than any", model_block="a-model-block-with-a-long-name", cost=1234.5,
        prompt_tokens=123_456, completion_tokens=123_456, seconds=12345.0,
    )  # fmt: skip

    lines = shown(replace(demo, stages=(long, *demo.stages[1:])))

    assert max(map(len, lines)) <= 100
    assert "".join(line[26:49].strip() for line in lines[2:4]) == "a-model-block-with-a-long-name"
    assert "246,912" in lines[2]
    assert lines[2].endswith("$1,234.50")


def test_states_are_words_without_colour(demo: RunView) -> None:
    failed = replace(demo.stages[0], outcome="failed", output=None)
    waiting = replace(demo.stages[1], source=None, outcome=None, output=None, score=None)

    lines = shown(replace(demo, stages=(failed, waiting)))

    assert "failed" in lines[2]
    assert "not reached" in lines[3]


def test_a_demo_model_is_named_as_one(demo: RunView) -> None:
    honest = tuple(replace(stage, demo=False) for stage in demo.stages)

    assert shown(demo)[-1].strip() == "Demo model: text is not advice."
    assert "Demo" not in "".join(shown(replace(demo, stages=honest)))
