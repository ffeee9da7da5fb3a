"""The generator: a business brief becomes market research and an offer, in thirteen stages."""
