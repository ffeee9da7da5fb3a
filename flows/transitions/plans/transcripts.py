"""The transcript pipeline's phases: development, pre-production, production, as its transition document has them."""

from flows.transitions.plans.phase import Phase, person, precondition, suite, verdict, watch
from tasks.judging.policy import FieldRule, Policy
from tasks.transcripts.scoring.rules import KEY_FIELDS

EXTRACTION = "extraction"
"""The agent whose record is compared with gold answers."""


def _policy(share: float) -> Policy:
    """Larger models are slower by design and local ones have no price, so neither is demanded here.

    Calls are of one transcript, a handful an hour at most; the failure rate is proven by the replayed transcripts.
    """
    fields = tuple(FieldRule(role=EXTRACTION, field=field, share=share) for field in KEY_FIELDS)
    return Policy(demands=("failures", "placeholders", "echoes"), watched=("failures", "worse"), fields=fields)


PHASES = (
    Phase(
        key="transcripts-development", title="Development", pipeline="transcripts", roles=(), target="mistral-7b",
        checklist=(
            suite("All agents run on the sample transcripts"),
            suite("Baseline of the present lineup on the transcripts with gold answers"),
        ),
        remark="Where development begins: mistral:7b. Recorded by a baseline; every later phase needs a fresh one.",
    ),
    Phase(
        key="transcripts-preproduction", title="Pre-production", pipeline="transcripts", roles=("*",),
        target="deepseek-coder-6-7b", after=("transcripts-development",), policy=_policy(0.90),
        checklist=(
            suite("5-10 real transcripts are 15-30 checks, too few: replay until each key field is proven"),
            verdict("Client name, e-mail and deal amount right in 90 % of transcripts or more, each by itself", "field"),
            precondition("All five Baserow tables are filled correctly"),
            watch("Monitored for 24 hours"),
            person("Relationships in the graph make sense"),
            person("Baserow data reviewed by hand; no critical loss or corruption"),
        ),
    ),
    Phase(
        key="transcripts-production", title="Production", pipeline="transcripts", roles=("*",),
        target="deepseek-coder-33b", after=("transcripts-preproduction",), policy=_policy(0.97),
        checklist=(
            precondition("All tests pass with the quantized model: pre-production is stable"),
            verdict("Client name, e-mail and deal amount right in 97 % of transcripts or more, each by itself", "field"),
            watch("Monitoring and alerts are set up"),
            precondition("Rollback tested: a drill within the last days"),
            person("Dates arrive in Baserow in the right format"),
            person("Backup procedures are documented and tried"),
        ),
    ),
)  # fmt: skip
