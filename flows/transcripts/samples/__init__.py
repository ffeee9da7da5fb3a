"""Two invented calls with gold answers, and the recorded replies of the quick self-test."""

from pathlib import Path

FOLDER = Path(__file__).parent
SHORT = FOLDER / "short.txt"
LONG = FOLDER / "long.txt"
REPLIES = FOLDER / "short.replies.json"
