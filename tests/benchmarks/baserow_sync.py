"""(d) How fast the Baserow sync is against row-by-row writing, both against the double with 20 ms latency.

Row by row means what a naive client does for each row: one look-up, then one create. That is measured on a sample of
rows over one kept-alive connection and multiplied up: its time grows with the number of rows and nothing else, since
every row costs the same two requests. The sync is measured whole, with its schema check and its reading back.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tasks.crm.baserow import connect, open_tables
from tasks.crm.baserow.cells import to_create
from tasks.crm.rows import to_rows
from tests.benchmarks.figures import RATIO, Figure, Sizes
from tests.crm.baserow_setting import Setting, crm, records

LATENCY = 0.02


@dataclass(frozen=True)
class Measured:
    rows: int
    batched_seconds: float
    sample_rows: int
    sample_seconds: float

    @property
    def row_by_row_seconds(self) -> float:
        """Extrapolated from the sample."""
        return self.sample_seconds / self.sample_rows * self.rows

    @property
    def times_faster(self) -> float:
        return self.row_by_row_seconds / self.batched_seconds


def measure(transcripts: int, sample: int, latency: float = LATENCY) -> Measured:
    with crm() as setting:
        setting.double.latency = latency
        began = time.perf_counter()
        results = setting.sync(*records(transcripts))
        batched = time.perf_counter() - began
        assert all(result.created == transcripts and result.complete for result in results.values())
    with crm() as setting:
        setting.double.latency = latency
        slow = asyncio.run(_row_by_row(setting, sample))
    return Measured(transcripts * len(results), batched, sample * len(results), slow)


async def _row_by_row(setting: Setting, transcripts: int) -> float:
    async with connect(setting.double.url, setting.token) as connection:
        tables = await open_tables(connection, setting.database)
        began = time.perf_counter()
        for record in records(transcripts):
            for table in tables:
                row = to_rows(record)[table.spec.name]
                path = f"database/rows/table/{table.id}/"
                found = await connection.get(
                    path, **{f"filter__field_{table.key_field}__equal": str(row["external_id"])}
                )
                assert found.body["count"] == 0
                made = await connection.call("POST", path, body=to_create(table, row))
                assert made.fine
        return time.perf_counter() - began


def figures(sizes: Sizes) -> Sequence[Figure]:
    one = measure(sizes.baserow_transcripts, sizes.baserow_sample)
    return [
        Figure(
            name="Baserow: row by row / in batches", value=one.times_faster, unit=RATIO, better="more", wanted=20,
            how=f"{one.rows} rows in {one.batched_seconds:.1f} s; {one.sample_rows} rows one by one in "
            f"{one.sample_seconds:.1f} s, multiplied up; every request waits {1000 * LATENCY:.0f} ms",
        )
    ]  # fmt: skip
