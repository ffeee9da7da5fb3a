"""Statistics and verdicts of the gates: no Prefect, no I/O, no clock, no randomness of its own.

calls ──aggregate──▶ evidence ──┐
                                ├──judge──▶ verdict: pass, fail or inconclusive, a sentence for each proof
policy ──plan_gate──▶ plan ─────┘

observations  Call, Window                       rates      exact bounds on counts
evidence      what a verdict is computed from    harm       failures against the limit, at any time
aggregate     evidence from calls in memory      shares     candidate against incumbent, at any time
policy        limits and error probabilities     pairs      means on the same inputs
requirements  the policy, spelled out by role    ratios     latency and cost on logarithms; latency, cost
planning      what a gate takes; refusals        clusters   calls of one run
verdict       the table that decides             families   the error budget over stages and metrics
proofs        rate_proofs, pair_proofs           coverage   hours with data, silence
alarms        the harm watch over a gate         remedies   what is missing, the cheapest way to get it
"""
