"""`phasegate`: what the Prefect UI offers, from a terminal."""

import sys


def main() -> None:
    """Runs one command. Its libraries are imported in here, so that Ctrl-C is heard from the first moment on."""
    try:
        from deployments.application import app
        from deployments.terminal import speaking
    except KeyboardInterrupt:
        sys.exit(130)
    with speaking():
        app()


if __name__ == "__main__":
    main()
