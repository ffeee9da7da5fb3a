"""A phasegate full of canaries."""

from tests.security.installation import installation, models_of_the_module, planted, run

__all__ = ["installation", "models_of_the_module", "planted", "run"]
