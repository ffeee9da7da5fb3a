"""What `make bench` tells, keeps and compares. That every benchmark still measures is seen by `.ci/run`."""

import importlib
import json
from pathlib import Path

import pytest

from tests.benchmarks import accepted
from tests.benchmarks.__main__ import main
from tests.benchmarks.figures import RATIO, SMALLEST, Figure, steepest
from tests.benchmarks.prefix_sharing import prompts
from tests.benchmarks.running import BENCHMARKS, Outcome


def figure(value: float, **facts: object) -> Figure:
    return Figure.model_validate({"name": "one", "value": value, "unit": RATIO, "how": "so", **facts})


def outcome(*figures: Figure, letter: str = "a") -> Outcome:
    return Outcome(letter=letter, title="One", figures=figures, seconds=1)


def test_every_benchmark_that_gives_ratios_has_accepted_ones() -> None:
    seconds_only = {"i"}
    assert {key[0] for key in accepted.read(accepted.FILE)} == set(BENCHMARKS) - seconds_only


@pytest.mark.parametrize(("better", "met", "missed"), [("less", 0.5, 0.51), ("more", 20, 19.9)])
def test_a_bound_is_kept_or_missed(better: str, met: float, missed: float) -> None:
    assert figure(met, better=better, wanted=met).met
    assert not figure(missed, better=better, wanted=met).met
    assert figure(missed, better=better).met


@pytest.mark.parametrize(("better", "tolerated", "worse"), [("less", 1.24, 1.26), ("more", 0.81, 0.79)])
def test_a_ratio_much_worse_than_accepted_is_a_regression(better: str, tolerated: float, worse: float) -> None:
    before = {"a. one": 1.0}
    assert accepted.regressions([outcome(figure(tolerated, better=better))], before) == []
    assert len(accepted.regressions([outcome(figure(worse, better=better))], before)) == 1


def test_only_ratios_are_accepted_and_those_of_other_benchmarks_stay(tmp_path: Path) -> None:
    file = tmp_path / "accepted.json"
    accepted.write([outcome(figure(2.0), figure(4.0, name="gone"), figure(9.0, name="time", unit="s"))], {}, file)
    accepted.write([outcome(figure(3.0), letter="b")], {}, file)
    accepted.write([outcome(figure(1.0))], {}, file)
    assert accepted.read(file) == {"a. one": 1.0, "b. one": 3.0}


def test_what_has_no_counterpart_is_told() -> None:
    before = {"a. gone": 1.0, "b. one": 1.0}
    assert accepted.new([outcome(figure(2.0))], before) == ["a. one"]
    assert accepted.unmeasured([outcome(figure(2.0))], before) == ["a. gone"]


def ran(file: Path, *words: str, **figures: Figure) -> int:
    """`make bench`, where benchmarks of these letters give these figures at once."""
    return main(["--only", *words], lambda letter, sizes: outcome(figures[letter], letter=letter), file)


@pytest.fixture
def file(home: Path) -> Path:
    return home / "accepted.json"


@pytest.mark.parametrize("sizes", ["--smallest", "--tokens=6000"])
def test_ratios_of_other_sizes_are_not_accepted(sizes: str, file: Path) -> None:
    with pytest.raises(SystemExit):
        ran(file, "a", "--accept", sizes, a=figure(1))
    assert not file.exists()


def test_only_what_keeps_its_bounds_is_accepted(file: Path) -> None:
    assert ran(file, "a,b", "--accept", a=figure(0.6, wanted=0.5), b=figure(0.5, wanted=0.5)) == 1
    assert accepted.read(file) == {"b. one": 0.5}


def test_a_run_with_nothing_to_compare_with_says_so(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(file, "a", a=figure(1)) == 0
    assert "Nothing accepted to compare with: a. one" in capsys.readouterr().out


def test_what_was_measured_stays_when_others_are_or_the_run_is_stopped(file: Path) -> None:
    ran(file, "a,b", a=figure(1), b=figure(2))
    with pytest.raises(KeyError):  # stopped at b
        ran(file, "a,b", a=figure(3))
    kept = json.loads((file.parent / "bench.json").read_text())["benchmarks"]
    assert [(one["letter"], one["figures"][0]["value"]) for one in kept] == [("a", 3), ("b", 2)]


@pytest.mark.parametrize("letter", BENCHMARKS)
def test_every_benchmark_has_its_modules(letter: str) -> None:
    for module in BENCHMARKS[letter].modules:
        assert callable(importlib.import_module(f"tests.benchmarks.{module}").figures)


def test_the_runner_shows_and_stores_what_it_measured(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BENCHMARKS, "d", BENCHMARKS["d"].__class__("Stores", ("baserow_sync",)))
    assert main(["--smallest", "--only", "d"]) == 0
    (measured,) = json.loads((home / "bench.json").read_text())["benchmarks"]
    assert measured["figures"][0]["unit"] == RATIO
    assert measured["machine"]["cores"]
    assert "row by row" in capsys.readouterr().out


def test_a_benchmark_that_breaks_is_told_and_fails_the_run(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BENCHMARKS, "d", BENCHMARKS["d"].__class__("Stores", ("no_such_module",)))
    assert main(["--smallest", "--only", "d"]) == 1
    (measured,) = json.loads((home / "bench.json").read_text())["benchmarks"]
    assert "no_such_module" in measured["error"]


def test_growth_is_that_of_the_worst_step() -> None:
    assert steepest({1: 2.0, 10: 20.0, 100: 200.0}) == pytest.approx(1)
    assert steepest({1_000: 0.01, 10_000: 1.0, 1_000_000: 1.0}) == pytest.approx(10)


def test_every_agent_is_asked_about_the_same_text_first() -> None:
    texts, tasks = zip(*prompts(SMALLEST.tokens), strict=True)
    assert len(set(texts)) == 1 < len(set(tasks))
