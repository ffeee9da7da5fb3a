"""The graph: clients, their meetings, deals, products and objections, made from CRM records.

    (:Client)-[:PARTICIPATED_IN]->(:Meeting)-[:RESULTED_IN]->(:Deal)
    (:Person)-[:MEMBER_OF]->(:Client)       (:Meeting)-[:LED_BY]->(:Advisor)
    (:Client)-[:RAISED]->(:Objection)       (:Meeting)-[:DISCUSSED]->(:Product)
    (:Meeting)-[:CONTAINED]->(:Objection)-[:IN_CATEGORY]->(:ObjectionCategory)

One Client per household, one Person per adult in it, one Meeting and one Deal per transcript. What a call said about
its client stands on its PARTICIPATED_IN edge; the Client's own properties are folded from these edges, the latest call
that states a thing winning, so that the order in which transcripts are processed does not matter.

`rows` (pure) makes the rows of a record, `households` (pure) folds calls to a client, `cypher` holds every query,
`write` writes, `check` counts and verifies.
"""
