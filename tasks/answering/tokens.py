"""How many tokens a text is, before any tokenizer has seen it. No imports: the pure core counts with it too."""

import math

CHARACTERS_PER_TOKEN = 3.5
"""English and JSON measure between 3.5 and 4.2 characters a token; the lower end never promises too much."""
BYTES_PER_TOKEN = 2
"""Of what is not ASCII, in UTF-8: tokenizers have few tokens for other scripts, and spell what they lack in bytes."""


def estimate_tokens(text: str) -> int:
    """An upper estimate of the tokens in `text`; for scripts other than Latin a generous one."""
    size = len(text.encode(errors="surrogatepass"))
    plain = len(text.encode("ascii", errors="ignore"))
    return math.ceil(plain / CHARACTERS_PER_TOKEN + (size - plain) / BYTES_PER_TOKEN)
