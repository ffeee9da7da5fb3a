"""The drift scan: what was edited by hand, on one page, for people who decide what to make of it."""

from prefect import flow
from prefect.artifacts import acreate_markdown_artifact

from flows.run_names import dated
from flows.transitions.announcing import announce_drift
from flows.transitions.drift import Finding, note_new, scan
from flows.transitions.world import real_world
from tasks.reports.text import escape_markdown


@flow(name="drift", flow_run_name=dated("drift-scan"), retries=2, retry_delay_seconds=60, timeout_seconds=600)
async def drift_scan() -> list[str]:
    """Compares every lineup and model block with what the ledger says it holds. Changes nothing.

    Returns:
        A sentence for each block that was edited by hand.
    """
    world = real_world()
    noted, found = await note_new(world), await scan(world)
    await announce_drift(found)
    await acreate_markdown_artifact(_page(noted, found), key="drift", description=f"{len(found)} edited by hand")
    return [finding.sentence for finding in found]


def _page(noted: list[str], found: list[Finding]) -> str:
    lines = ["# Blocks edited by hand", ""]
    lines += [f"- {escape_markdown(finding.sentence)}" for finding in found]
    lines += [] if found else ["Every block is what the ledger says."]
    lines += (
        ["", f"Seen for the first time and noted as they are: {escape_markdown(', '.join(noted))}."] if noted else []
    )
    if found:
        lines += ["", "Adopt with a reason, revert, or freeze all gates: `phasegate drift adopt|revert|freeze`."]
    return "\n".join([*lines, ""])
