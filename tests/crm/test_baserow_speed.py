"""The batches are worth it: a light version of tests/benchmarks/baserow_sync.py."""

import pytest

from tests.benchmarks.baserow_sync import measure
from tests.crm.baserow_setting import crm, records


@pytest.mark.proof
def test_batches_are_at_least_twenty_times_faster_than_row_by_row() -> None:
    assert measure(transcripts=200, sample=4).times_faster > 20


def test_two_hundred_transcripts_cost_few_requests() -> None:
    with crm() as setting:
        setting.sync(*records(200))
        by_kind = {method: sum(seen.method == method for seen in setting.double.seen) for method in ("GET", "POST")}
        # tables and fields; three look-ups before and three after one batch, five times
        assert by_kind == {"GET": 1 + 5 + 5 * 6, "POST": 5}
        assert setting.double.connections <= 2
