"""`phasegate`: what the Prefect UI offers, from a terminal."""

import gc
import sys

SELDOM = 50_000
"""Containers made between two collections of cycles. Prefect keeps so many that looking through them all, as Python does
by itself every few seconds of work, is a quarter of what a page over many calls takes."""


def main() -> None:
    """Runs one command. Its libraries are imported in here, so that Ctrl-C is heard from the first moment on."""
    collect_seldom()
    try:
        from deployments.application import app
        from deployments.terminal import speaking
    except KeyboardInterrupt:
        sys.exit(130)
    with speaking():
        app()


def collect_seldom() -> None:
    gc.set_threshold(SELDOM, 10, 10)


if __name__ == "__main__":
    main()
