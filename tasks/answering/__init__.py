"""A typed answer from a language model: prompt, limits, attempts, parse, repair, re-ask, measure."""
