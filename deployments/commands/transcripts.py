"""`phasegate transcript`, `sync`, `score` and `baserow`: the transcript pipeline from a terminal."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from deployments.prompting import Prompting
from deployments.settings import apply_settings
from deployments.terminal import say

if TYPE_CHECKING:
    from flows.transcripts.batch import Batch
    from flows.transcripts.score import Scored

T = TypeVar("T")
Lineup = Annotated[str, typer.Option(help="Transcript Lineup block whose models are asked.")]


def register(app: typer.Typer) -> None:
    app.command()(transcript)
    app.command()(sync)
    app.command()(score)
    baserow = typer.Typer(help="The five Baserow tables.", no_args_is_help=True)
    baserow.command("bootstrap", cls=Prompting)(baserow_bootstrap)
    app.add_typer(baserow, name="baserow")


def transcript(
    path: Annotated[
        Path | None, typer.Argument(help="Transcript (.txt, .vtt, .srt) or a folder of them; the sample if left out.")
    ] = None,
    lineup: Lineup = "production",
    again: Annotated[
        bool, typer.Option("--again", help="Ask the models again where they have answered before.")
    ] = False,
) -> None:
    """Make a CRM record of a sales call, store it, and bring it to Baserow and the graph."""
    apply_settings(quiet=True)
    from deployments.prefect_server import prefect_api
    from flows.transcripts.samples import SHORT
    from tasks.transcripts.reading import files_of, read_file

    given = (path or SHORT).absolute()
    # What cannot be read is said at once, not after a server has started.
    _ = files_of(given) if given.is_dir() else read_file(given)
    say("Starting ...")
    with prefect_api():
        if given.is_dir():
            _show_batch(_folder(given, lineup, again))
        else:
            show_transcript(_one(given, lineup, again))


def sync(
    refused_too: Annotated[bool, typer.Option("--refused-too", help="Also calls a store has refused before.")] = False,
    everything: Annotated[
        bool, typer.Option("--everything", help="Compare all calls, to mend changes by hand.")
    ] = False,
) -> None:
    """Bring every call to Baserow and the graph that is not there yet.

    Exit status 1 if a store is behind; one that nobody has configured is not.
    """
    apply_settings(quiet=True)
    from deployments.prefect_server import prefect_api
    from flows.transcripts.sync import sync as catch_up

    with prefect_api():
        result = _run(lambda: catch_up(refused_too, everything))
        for one in result:
            say(one.sentence)
            for transcript_id, why in one.behind.items():
                _tell_why(transcript_id, why)
    if any(one.behind for one in result):
        raise SystemExit(1)


def score(
    folder: Annotated[Path, typer.Argument(help="Folder with transcripts and their gold answers (*.gold.json).")],
    lineup: Annotated[list[str] | None, typer.Option(help="Lineup to score; may be given several times.")] = None,
    repeats: Annotated[int, typer.Option(min=1, max=20, help="How often everything is asked.")] = 1,
    drafts: Annotated[
        bool,
        typer.Option(
            "--drafts/--fields-only", help="Whether e-mail, posts, coaching and summary are written and checked too."
        ),
    ] = True,
) -> None:
    """Compare models on calls with gold answers: with the header and without."""
    apply_settings(quiet=True)
    from deployments.prefect_server import prefect_api
    from flows.transcripts.score import read_judged, score_models

    given, lineups = folder.absolute(), lineup or ["production"]
    read_judged(given)  # a folder that cannot be scored is said at once, not after a server has started
    with prefect_api():
        _show_scores(_run(lambda: score_models(given, lineups, repeats, drafts), lineups))


def baserow_bootstrap(
    url: Annotated[str, typer.Option(prompt=True, help="Address of Baserow, as in the browser.")],
    database: Annotated[
        int, typer.Option(prompt=True, help="Database id: the number after /database/ in the address.")
    ],
    email: Annotated[str, typer.Option(prompt=True, help="Login of a person who may change tables.")],
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, envvar="BASEROW_PASSWORD", help="Used now and not stored.")
    ],
    token_name: Annotated[
        str,
        typer.Option(
            help="Name of the database token the sync will use; one with all rights is limited to the five tables."
        ),
    ] = "phasegate",  # noqa: S107 - a name
) -> None:
    """Make the five tables and a token for their rows, and enter both into the Baserow block; safe to repeat.

    Exit status 1 if something in the tables has to be changed by hand before calls can be brought there.
    """
    apply_settings(quiet=True)
    from deployments.prefect_server import prefect_api
    from tasks.crm.baserow.connection import checked_address

    url = checked_address(url)  # a wrong one is said at once, not after a server has started
    with prefect_api():
        asyncio.run(_baserow(url, database, email, password, token_name))


async def _baserow(url: str, database: int, email: str, password: str, token_name: str) -> None:
    from pydantic import SecretStr

    from blocks.baserow import Baserow
    from blocks.registering import register_blocks
    from blocks.stores import STORE
    from tasks.crm.baserow import bootstrap

    await register_blocks()
    report = await bootstrap(url, email, SecretStr(password), database, token_name=token_name)
    for made in report.made:
        say(f"made {made}")
    for problem in report.differing:
        say(f"to be changed by hand: {problem}")
    assert report.token is not None
    await Baserow(url=url, database_id=database, token=report.token).asave(STORE, overwrite=True)
    say(f"The Baserow block {STORE!r} knows address, database and token. Bring stored calls there: phasegate sync")
    if report.differing:
        say("Not yet: make the changes named above in Baserow, then run this again.")
        raise SystemExit(1)


def _one(path: Path, lineup: str, again: bool) -> str:
    from flows.transcripts.process import process_transcript

    return _run(lambda: process_transcript(path=path, lineup=lineup, again=again), [lineup]).run_id


def _folder(path: Path, lineup: str, again: bool) -> "Batch":
    from flows.transcripts.batch import process_folder

    return _run(lambda: process_folder(path, lineup=lineup, again=again), [lineup])


def _run(work: Callable[[], Coroutine[Any, Any, T]], lineups: Sequence[str] = ()) -> T:
    """Lineups it needs are looked at first: a mistyped one is an error of the command, not a failed flow run."""
    from blocks.lineups import TranscriptLineup
    from blocks.loading import load_lineup
    from blocks.registering import register_blocks
    from deployments.watching import watching

    async def whole() -> T:
        await register_blocks()
        for name in lineups:
            await load_lineup(TranscriptLineup, name)
        return await work()

    with watching() as context:
        return context.run(asyncio.run, whole())


def show_transcript(run_id: str) -> None:
    """Prints what a run made of a call: its CRM record, the graph's counts, and what was brought where.

    Needs a Prefect API, which knows where the stores are.
    """
    from blocks.errors import InputError
    from deployments.transcript_tables import call_table, graph_table, status_table
    from tasks.records.database import engine
    from tasks.records.transcripts import read_transcript_run

    found = read_transcript_run(engine(), run_id)
    if found is None:
        raise InputError(f"There is no run {run_id!r} about a call.", do="give the id that the run printed.")
    call_table(dict(found))
    asyncio.run(graph_table())
    status_table(found["external_id"])
    say(f"Run id:    {run_id}")
    say("Prefect UI: `make serve`, then http://127.0.0.1:4200 - this run is among the flow runs there.")


def _show_batch(batch: "Batch") -> None:
    say(f"{len(batch.processed)} calls have a record, {len(batch.failed)} files have none")
    for name, why in batch.failed.items():
        _tell_why(name, why)
    for target, count in batch.behind.items():
        say(f"{target} lacks {count} calls; see `phasegate sync`")
    if batch.failed:
        raise SystemExit(1)  # for whoever starts this from a schedule and reads nothing


def _tell_why(name: str, why: str) -> None:
    say(f"  {name}: " + why.replace("\n", "\n    "))


def _show_scores(scored: "Scored") -> None:
    from deployments.transcript_tables import score_tables

    score_tables(scored.summary, scored.fields)
    say(f"page: {scored.report}")
    for name, file in scored.files.items():
        say(f"{name}: {file}")
