"""The models the double serves unless a test names its own: Cloudflare's, with what is known of each, and small ones.

Windows, prices, JSON support and dates are those of Cloudflare's public model pages and notices up to October 2026.
"""

from tests.doubles.model_server.asked import HostedModel

BASELINE = HostedModel("@cf/meta/llama-3.1-70b-instruct", withdrawn="2026-05-30", planned_deprecation="2026-05-30")
FP8_FAST_31 = HostedModel("@cf/meta/llama-3.1-70b-instruct-fp8-fast", json_mode="none", price=(0.293, 2.253))
FP8_FAST_33 = HostedModel("@cf/meta/llama-3.3-70b-instruct-fp8-fast", reply="object", price=(0.293, 2.253))
MISTRAL = HostedModel(
    "@cf/mistralai/mistral-small-3.1-24b-instruct", context=128_000, json_mode="none", price=(0.351, 0.555)
)
DEEPSEEK = HostedModel("@cf/deepseek-ai/deepseek-r1-distill-qwen-32b", context=80_000, price=(0.497, 4.881))
GLM = HostedModel("@cf/zai-org/glm-4.7-flash", context=131_072, reply="choices")
KIMI = HostedModel("@cf/moonshotai/kimi-k2.6", context=262_144, reply="choices", paid_only=True)

SMOL = HostedModel("smol", context=8_192)
LARGER = HostedModel("llama3.1:8b", context=131_072)

DEFAULT_MODELS = (BASELINE, FP8_FAST_31, FP8_FAST_33, MISTRAL, DEEPSEEK, GLM, KIMI, SMOL, LARGER)
