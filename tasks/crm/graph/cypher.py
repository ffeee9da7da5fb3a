"""Every query of the graph, one dialect for Neo4j and for the embedded server. All values are parameters.

`$rows` are `MeetingRows.parameters()`. No APOC, no server-specific function; a node is found by its key, never by its
element id, which looks different on each server. Each pattern starts at a node found by its key: ArcadeDB walks a
pattern from the left and would otherwise scan all nodes of a label.
"""

from typing import Final, LiteralString

KEYS: Final[dict[LiteralString, LiteralString]] = {
    "Client": "client_key",
    "Person": "person_key",
    "Meeting": "transcript_id",
    "Deal": "transcript_id",
    "Product": "name",
    "ObjectionCategory": "name",
    "Objection": "objection_id",
    "Advisor": "name",
}
"""The label of every node and the property that makes it one."""

RELATIONS: Final[tuple[LiteralString, ...]] = (
    "PARTICIPATED_IN", "LED_BY", "RESULTED_IN", "DISCUSSED", "CONTAINED", "IN_CATEGORY", "RAISED", "MEMBER_OF"
)  # fmt: skip

CONSTRAINTS: Final[dict[str, LiteralString]] = {
    f"phasegate_{label.lower()}": f"CREATE CONSTRAINT phasegate_{label.lower()} IF NOT EXISTS "
    f"FOR (n:{label}) REQUIRE n.{name} IS UNIQUE"
    for label, name in KEYS.items()
}
"""By name."""

SHOW_CONSTRAINTS: Final = "SHOW CONSTRAINTS"

FINGERPRINTS: Final = """
UNWIND $ids AS id
MATCH (m:Meeting {transcript_id: id})
RETURN m.transcript_id AS id, m.fingerprint AS fingerprint
"""

FORMER_CLIENTS: Final = """
UNWIND $ids AS id
MATCH (m:Meeting {transcript_id: id})
MATCH (m)<-[:PARTICIPATED_IN]-(c:Client)
RETURN DISTINCT c.client_key AS key
"""

# Written before anything about the meeting is read, so that a rival's change is either seen or waited for.
HOLD_MEETINGS: Final = """
UNWIND $ids AS id
MERGE (m:Meeting {transcript_id: id})
SET m.transcript_id = id
RETURN m.fingerprint AS fingerprint
"""

# Setting a property takes Neo4j's lock on the client until the commit. Whoever folds the same client meanwhile waits
# here and then reads what this transaction wrote; ArcadeDB refuses the second commit instead.
HOLD_CLIENTS: Final = """
UNWIND $keys AS key
MERGE (c:Client {client_key: key})
SET c.updated_at = $now
"""

UNLINK_FORMER_CLIENTS: Final = """
UNWIND $rows AS row
MATCH (m:Meeting {transcript_id: row.transcript_id})
MATCH (m)<-[p:PARTICIPATED_IN]-(c:Client)
WHERE c.client_key <> row.client_key
DELETE p
"""

# All of a call in one round trip, and what its client's calls say now in the same answer. The client is set before its
# calls are read, as in HOLD_CLIENTS.
WRITE_CALL: Final = """
UNWIND $rows AS row
MATCH (m:Meeting {transcript_id: row.transcript_id})
SET m += row.meeting
MERGE (c:Client {client_key: row.client_key})
SET c.updated_at = $now
MERGE (c)-[stated:PARTICIPATED_IN]->(m)
SET stated += row.stated
MERGE (d:Deal {transcript_id: row.transcript_id})
SET d += row.deal
MERGE (m)-[:RESULTED_IN]->(d)
FOREACH (advisor IN CASE WHEN row.advisor IS NULL THEN [] ELSE [row.advisor] END |
  MERGE (a:Advisor {name: advisor})
  MERGE (m)-[:LED_BY]->(a))
FOREACH (product IN row.products |
  MERGE (p:Product {name: product})
  MERGE (m)-[:DISCUSSED]->(p))
FOREACH (objection IN row.objections |
  MERGE (o:Objection {objection_id: objection.objection_id})
  SET o += objection.properties
  MERGE (k:ObjectionCategory {name: objection.category})
  MERGE (m)-[:CONTAINED]->(o)
  MERGE (o)-[:IN_CATEGORY]->(k)
  MERGE (c)-[:RAISED]->(o))
WITH DISTINCT c
MATCH (c)-[said:PARTICIPATED_IN]->(heard:Meeting)
RETURN c.client_key AS key, heard.transcript_id AS transcript_id, heard.started_at AS started_at, heard.held_on AS held_on,
       properties(said) AS stated
"""

UNLINK_ADVISORS: Final = """
UNWIND $rows AS row
MATCH (m:Meeting {transcript_id: row.transcript_id})
MATCH (m)-[r:LED_BY]->(a:Advisor)
WHERE row.advisor IS NULL OR a.name <> row.advisor
DELETE r
RETURN DISTINCT a.name AS name
"""

UNLINK_PRODUCTS: Final = """
UNWIND $rows AS row
MATCH (m:Meeting {transcript_id: row.transcript_id})
MATCH (m)-[r:DISCUSSED]->(p:Product)
WHERE NOT p.name IN row.products
DELETE r
RETURN DISTINCT p.name AS name
"""

OUTDATED_OBJECTIONS: Final = """
UNWIND $rows AS row
MATCH (m:Meeting {transcript_id: row.transcript_id})
MATCH (m)-[:CONTAINED]->(o:Objection)
WHERE NOT o.objection_id IN row.objection_ids
OPTIONAL MATCH (o)-[:IN_CATEGORY]->(k:ObjectionCategory)
RETURN o.objection_id AS id, k.name AS name
"""

DELETE_OBJECTIONS: Final = """
UNWIND $ids AS id
MATCH (o:Objection {objection_id: id})
DETACH DELETE o
"""

UNLINK_FORMER_RAISERS: Final = """
UNWIND $rows AS row
UNWIND row.objection_ids AS id
MATCH (o:Objection {objection_id: id})
MATCH (o)<-[r:RAISED]-(c:Client)
WHERE c.client_key <> row.client_key
DELETE r
"""

CALLS: Final = """
UNWIND $keys AS key
MATCH (c:Client {client_key: key})
MATCH (c)-[p:PARTICIPATED_IN]->(m:Meeting)
RETURN key, m.transcript_id AS transcript_id, m.started_at AS started_at, m.held_on AS held_on, properties(p) AS stated
"""

FOLD_CLIENTS: Final = """
UNWIND $households AS household
MATCH (c:Client {client_key: household.client_key})
SET c += household.properties
WITH c, household
UNWIND household.persons AS person
MERGE (p:Person {person_key: person.key})
SET p.name = person.name
MERGE (p)-[:MEMBER_OF]->(c)
"""

DELETE_FORMER_PERSONS: Final = """
UNWIND $households AS household
MATCH (c:Client {client_key: household.client_key})
MATCH (c)<-[:MEMBER_OF]-(p:Person)
WHERE NOT p.person_key IN household.person_keys
DETACH DELETE p
"""

DELETE_CLIENTS: Final = """
UNWIND $keys AS key
MATCH (c:Client {client_key: key})
DETACH DELETE c
"""

DELETE_UNUSED: Final[dict[str, LiteralString]] = {
    label: f"UNWIND $names AS name MATCH (n:{label} {{name: name}}) WHERE NOT EXISTS {{ (n)--() }} DELETE n"
    for label in ("Advisor", "Product", "ObjectionCategory")
}
"""Of the nodes an edge was taken from, those that have no other."""

COUNT_NODES: Final[LiteralString] = " UNION ALL ".join(
    f"MATCH (n:{label}) RETURN '{label}' AS name, count(n) AS number" for label in KEYS
)
COUNT_RELATIONS: Final[LiteralString] = " UNION ALL ".join(
    f"MATCH ()-[r:{relation}]->() RETURN '{relation}' AS name, count(r) AS number" for relation in RELATIONS
)

LONELY: Final[LiteralString] = " UNION ALL ".join(
    f"MATCH (n:{label}) WHERE NOT EXISTS {{ (n)--() }} RETURN '{label}' AS label, n.{name} AS key"
    for label, name in KEYS.items()
)

EACH: Final[dict[str, LiteralString]] = {
    label: f"UNWIND $keys AS key MATCH (n:{label} {{{name}: key}}) WITH n" for label, name in KEYS.items()
}
"""The nodes of these keys, and below of all keys; what is asked of either follows."""

ALL: Final[dict[str, LiteralString]] = {label: f"MATCH (n:{label})" for label in KEYS}

MEETINGS_AS_WRITTEN: Final = """
RETURN n.transcript_id AS id, n.fingerprint AS fingerprint,
       [(c:Client)-[:PARTICIPATED_IN]->(n) | c.client_key] AS clients,
       [(n)-[:RESULTED_IN]->(d:Deal) | {amount: d.amount, deposit: d.deposit, paid: d.deposit_status, stage: d.stage}] AS deals,
       [(n)-[:LED_BY]->(a:Advisor) | a.name] AS advisors,
       [(n)-[:DISCUSSED]->(p:Product) | p.name] AS products,
       [(n)-[:CONTAINED]->(o:Objection) | o.objection_id] AS objections
"""

OBJECTIONS_AS_WRITTEN: Final = """
RETURN n.objection_id AS id,
       [(n)-[:IN_CATEGORY]->(k:ObjectionCategory) | k.name] AS categories,
       [(m:Meeting)-[:CONTAINED]->(n) | m.transcript_id] AS meetings,
       [(c:Client)-[:RAISED]->(n) | c.client_key] AS clients
"""

PERSONS_AS_WRITTEN: Final = """
RETURN n.client_key AS client, [(p:Person)-[:MEMBER_OF]->(n) | p.person_key] AS persons
"""
