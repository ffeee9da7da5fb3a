"""What a bootstrap imports: every flow there is, and none of the large libraries that only their runs need."""

import subprocess
import sys

from blocks.home import PROJECT_ROOT

LARGE = ("pandas", "neo4j", "plotly", "matplotlib")
IMPORTS = f"""
import importlib, sys
from deployments.catalogue import deployments
for deployment in deployments():
    importlib.import_module(deployment.entrypoint.split(":")[0])
sys.exit(", ".join(name for name in {LARGE} if name in sys.modules) or 0)
"""


def test_deployments_are_made_without_the_libraries_that_only_runs_need() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (0, "")
