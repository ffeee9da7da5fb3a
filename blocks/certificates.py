"""The certificate authorities trusted, read once a process: reading them takes longer than a small call."""

import ssl
from functools import cache

import httpx


@cache
def trusted() -> ssl.SSLContext:
    """For `verify` of every client that asks a configured host; `SSL_CERT_FILE` and `SSL_CERT_DIR` are heard as httpx does."""
    return httpx.create_ssl_context()
