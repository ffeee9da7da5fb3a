"""The transcript pipeline's phases: development, pre-production, production, as its transition document has them."""

from flows.transitions.plans.phase import Phase, crm, person, precondition, suite, verdict, window
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


_SERVICE = (
    verdict("Less than 1 % of the calls without a usable answer", "failures"),
    verdict("No placeholders and no repeated prompts in what agents write", "placeholders", "echoes"),
)
_STORES = (
    crm("All five Baserow tables take what the candidate extracted", "baserow"),
    person("Baserow data reviewed by hand: filled correctly, no critical loss or corruption"),
)


PHASES = (
    Phase(
        key="transcripts-development", title="Development", pipeline="transcripts", roles=(), target="mistral-7b",
        checklist=(
            suite("All agents run on the transcripts with gold answers, under the present lineup", "answered"),
            suite("No placeholder and no repeated prompt in any answer", "clean"),
        ),
        remark="Where development begins: mistral:7b. Recorded by a baseline; every later phase needs a fresh one.",
    ),
    Phase(
        key="transcripts-preproduction", title="Pre-production", pipeline="transcripts", roles=("*",),
        target="deepseek-coder-6-7b", after=("transcripts-development",), policy=_policy(0.90),
        remark="5 to 10 transcripts prove nothing of 90 %: the suite's are replayed until each key field is proven. "
        "Calls reach Baserow from the candidate with `phasegate transcript FILE --lineup preview`.",
        checklist=(
            suite("The whole suite run on preview, every agent answered", "answered"),
            verdict("Client name, e-mail and deal amount right in 90 % of transcripts or more, each by itself", "field"),
            *_SERVICE,
            *_STORES,
            window("Monitored for 24 hours"),
            person("5 to 10 real transcripts processed under the preview lineup"),
            person("Extraction compared with mistral:7b on the same transcripts: `phasegate score`"),
            person("Relationships in the graph make sense"),
            person("Extraction issues are written down, prompts tuned where that was needed"),
        ),
    ),
    Phase(
        key="transcripts-production", title="Production", pipeline="transcripts", roles=("*",),
        target="deepseek-coder-33b", after=("transcripts-preproduction",), policy=_policy(0.97),
        checklist=(
            precondition("All tests pass with the quantized model: pre-production is stable", hours=24),
            suite("The whole suite run on preview, every agent answered", "answered"),
            verdict("Client name, e-mail and deal amount right in 97 % of transcripts or more, each by itself", "field"),
            *_SERVICE,
            *_STORES,
            crm("Last test from end to end: calls from their file to Baserow and the graph", "baserow", "graph"),
            precondition("Rollback tested: a drill within the last days"),
            window("Monitored for 24 hours"),
            person("A call processed for the first time makes its rows, processed again it changes them"),
            person("Dates arrive in Baserow in the right format"),
            person("Monitoring and alerts are set up: a test alert has arrived"),
            person("Backup procedures are documented and tried"),
        ),
    ),
)  # fmt: skip
