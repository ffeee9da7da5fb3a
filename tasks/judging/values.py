"""What every value of the judging core is: immutable, complete, and with one canonical form that can be hashed."""

import hashlib
import json

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """Frozen; an unknown field is an error; infinities and NaN are refused where they would enter."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False)

    def canonical(self) -> str:
        """JSON with sorted keys and no blanks: equal values give equal text, in every process and release."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    def digest(self) -> str:
        """SHA-256 of the canonical form, hexadecimal: what an approval or the ledger refers to."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()
