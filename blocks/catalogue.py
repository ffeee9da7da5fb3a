"""The model blocks and lineups a fresh installation gets.

Ids, windows and prices are those of the two transition documents, corrected by the hosts' own pages where they differ:
Cloudflare lists no price for the 70B baseline model and withdrew it on 2026-05-30; neither the FP8 model nor Mistral is
on its list of models with JSON mode. Sizes and digests of the Ollama models are the documents'.
"""

from blocks.graph import GraphStore
from blocks.lineups import EMBEDDED, GeneratorLineup, Lineup, TranscriptLineup
from blocks.models import CloudflareModel, EmbeddedModel, LanguageModel, OllamaModel
from blocks.stores import STORE

BASELINE = "llama-3-1-70b"
FP8 = "llama-3-1-70b-fp8-fast"
LLAMA_33 = "llama-3-3-70b-fp8-fast"
MISTRAL = "mistral-small-3-1-24b"
MISTRAL_7B = "mistral-7b"
DEEPSEEK_6_7B = "deepseek-coder-6-7b"
DEEPSEEK_33B = "deepseek-coder-33b"


def default_models() -> dict[str, LanguageModel]:
    """Name -> block. Those of Cloudflare have no account and no token yet: a person enters them."""
    return {
        EMBEDDED: EmbeddedModel(remark="Runs on this machine's CPU. Demo model: its text is not advice."),
        BASELINE: CloudflareModel(
            model="@cf/meta/llama-3.1-70b-instruct", context_window=24_000, max_output_tokens=6_000,
            json_capability="object", withdrawn_on="2026-05-30",
            remark="The documents' baseline of all stages. Withdrawn by Cloudflare (error 5028): name another model.",
        ),
        FP8: CloudflareModel(
            model="@cf/meta/llama-3.1-70b-instruct-fp8-fast", context_window=24_000, max_output_tokens=6_000,
            json_capability="none", input_price=0.293, output_price=2.253,
            remark="Target of phases 1 to 3. Not on Cloudflare's list of models with JSON mode.",
        ),
        LLAMA_33: CloudflareModel(
            model="@cf/meta/llama-3.3-70b-instruct-fp8-fast", context_window=24_000, max_output_tokens=6_000,
            json_capability="object", input_price=0.293, output_price=2.253,
            remark="The original system's failed attempt: errors 500 at stage 4, put down to a model too new to be stable.",
        ),
        MISTRAL: CloudflareModel(
            model="@cf/mistralai/mistral-small-3.1-24b-instruct", context_window=128_000, max_output_tokens=12_000,
            json_capability="schema", schema_parameter="guided_json", input_price=0.351, output_price=0.555,
            remark="Target of phase 4: its window holds the full research.",
        ),
        MISTRAL_7B: OllamaModel(
            model="mistral:7b", context_window=32_768, base_seconds=60, expected_digest="6577803aa9a0",
            remark="Development. 4.4 GB.",
        ),
        DEEPSEEK_6_7B: OllamaModel(
            model="deepseek-coder:6.7b-instruct-q4_K_M", context_window=16_384, base_seconds=90,
            expected_digest="af6da0444f84", remark="Pre-production. 4.1 GB.",
        ),
        DEEPSEEK_33B: OllamaModel(
            model="deepseek-coder:33b-instruct", context_window=16_384, base_seconds=180, tokens_per_second=5,
            expected_digest="acec7c0b0fd9", remark="Production. 18 GB, a 4-bit build as well.",
        ),
    }  # fmt: skip


def default_lineups() -> dict[str, Lineup]:
    """Name -> lineup. `production` and `preview` ask the embedded model until someone configures more."""
    demo = GeneratorLineup(report_words=600)
    phase_0 = GeneratorLineup(**dict.fromkeys(GeneratorLineup.roles, BASELINE))
    return {"production": demo, "preview": demo, "documents-phase-0": phase_0}


def default_transcript_lineups() -> dict[str, Lineup]:
    """Name -> lineup. The embedded model in both environments; then the documents' three, one a stage of their plan."""

    def of(model: str) -> TranscriptLineup:
        return TranscriptLineup(**dict.fromkeys(TranscriptLineup.roles, model))

    return {
        "production": TranscriptLineup(),
        "preview": TranscriptLineup(),
        "documents-dev": of(MISTRAL_7B),
        "documents-pre-prod": of(DEEPSEEK_6_7B),
        "documents-prod": of(DEEPSEEK_33B),
    }


def default_stores() -> dict[str, GraphStore]:
    """The graph embedded on this machine. Baserow has no default: somebody has to say where it is."""
    return {STORE: GraphStore()}
