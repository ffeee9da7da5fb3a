"""Where the five CRM tables are, and the token that may write their rows."""

from prefect.blocks.core import Block
from pydantic import Field, SecretStr


class Baserow(Block):
    """A Baserow database for the CRM tables, reached with a database token that may create, read and update rows.

    `phasegate baserow bootstrap` makes the tables and such a token with a user's login, which is not stored.
    """

    _block_type_name = "Baserow"
    _block_type_slug = "baserow"
    _description = "A Baserow database with the five CRM tables. A projection: the SQL database holds the truth."

    url: str = Field(
        title="Address",
        description="As in the browser, for example https://baserow.example.com; nothing after host and port.",
        pattern=r"^https?://[^/?#\s]+/?$",
        examples=["https://baserow.example.com"],
    )
    database_id: int = Field(
        title="Database id", description="The number after /database/ in the browser's address.", ge=1
    )
    token: SecretStr = Field(title="Database token", description="32 letters and digits, from Baserow's account menu.")
