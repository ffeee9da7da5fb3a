"""The research digest: what every offer stage (7-13) reads of the research (1-5), cut to fit any prompt.

The cuts keep the digest under 3,000 characters (850 tokens) however long the research is.
"""

from flows.generator.excerpt import Reads

RESEARCH_DIGEST: Reads = {
    "market_analysis": (
        "market_growth_rate@50",
        "market_size_2024@50",
        "market_size_2025_projected@50",
        "bleeding_neck_problem@110",
        "power_4_percent.demographics@120",
        "power_4_percent.lifetime_value@60",
        "purchasing_power.average_household_income@50",
    ),
    "buyer_psychology": (
        "top_fears[:2].quote@50",
        "top_fears[:2].intensity",
        "top_desires[:2].aspirational_quote@50",
        "buyer_language[:3].exact_phrase@50",
        "top_pain_points[:2].quote@45",
        "price_justification@110",
    ),
    "competitive_analysis": (
        "unique_value_proposition@170",
        "competitive_pricing_analysis@110",
        "positioning_gaps[:1]@80",
        "why_business_wins[:2]@60",
    ),
    "avatar_creation": (
        "avatar_name@30",
        "demographics.age_range@30",
        "demographics.household_income@30",
        "price_sensitivity",
        "price_sensitivity_justification@60",
        "buying_triggers.optimal_contact_days[:1]",
        "buying_triggers.optimal_contact_times[:1]@30",
        "buying_triggers.platform_preferences[:1]@30",
        "online_communities[:1].platform@30",
        "online_communities[:1].member_count@30",
    ),
    "offer_design": (
        "core_offer.offer_name@50",
        "core_offer.target_outcome@80",
        "pricing_tiers[1].tier_name@30",
        "pricing_tiers[1].price",
        "guarantee.why_it_works@60",
    ),
}


def digest_and(**more: tuple[str, ...]) -> Reads:
    """The digest and, after it, the paths one stage reads beyond it; a longer reading of the same field wins."""
    keys = [*RESEARCH_DIGEST, *(key for key in more if key not in RESEARCH_DIGEST)]
    return {key: (*RESEARCH_DIGEST.get(key, ()), *more.get(key, ())) for key in keys}
