"""Words for numbers, times and states, the same on every page."""

from datetime import UTC, datetime

from core.domain import NO_RELATION, JobKind, JobState, ModelState, Split

JOB_NAMES = {
    JobKind.INGEST: "Import",
    JobKind.FETCH: "Fetching articles",
    JobKind.PREDICT: "Prediction",
    JobKind.GENERATE: "Generation",
    JobKind.RETRAIN: "Training",
    JobKind.PRETRAIN: "Language model",
}
JOB_BADGES: dict[JobState, tuple[str, str]] = {
    JobState.QUEUED: ("queued", "gray"),
    JobState.RUNNING: ("running", "blue"),
    JobState.DONE: ("done", "green"),
    JobState.FAILED: ("failed", "red"),
    JobState.CANCELLED: ("cancelled", "gray"),
}
MODEL_BADGES: dict[ModelState, tuple[str, str]] = {
    ModelState.CANDIDATE: ("candidate", "blue"),
    ModelState.PROMOTED: ("in use", "green"),
    ModelState.ARCHIVED: ("archived", "gray"),
}
SPLIT_NAMES = {Split.TRAIN: "training", Split.DEV: "development", Split.TEST: "test"}


def badge(word: str, colour: str) -> str:
    """Return a badge as markdown; `word` must be ours, not a user's."""
    return f":{colour}-badge[{word}]"


def count(number: int, noun: str, plural: str = "") -> str:
    """Return "1 sentence" or "12 345 sentences"."""
    return f"{group(number)} {noun if number == 1 else plural or noun + 's'}"


def group(number: int) -> str:
    """Return a whole number with thin spaces between thousands."""
    return f"{number:,}".replace(",", "\u2009")


def shorten(text: str, length: int = 60) -> str:
    """Return a text on one line, cut behind a word and closed with "…" where it is longer.

    Args:
        text: The text.
        length: Most characters, the "…" included.
    """
    words = " ".join(text.split())
    if len(words) <= length:
        return words
    kept = words[: length - 1]
    if words[length - 1] != " " and " " in kept:
        kept = kept.rpartition(" ")[0]
    return f"{kept.rstrip()}…"


def rate(value: float | None) -> str:
    """Return a share or score in [0, 1] with three decimals."""
    return "–" if value is None else f"{value:.3f}"


def duration(seconds: float) -> str:
    """Return a time span in the two largest units that matter."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def size(num_bytes: float) -> str:
    """Return an amount of memory in gigabytes, or megabytes below one."""
    return f"{num_bytes / 1e9:.1f} GB" if num_bytes >= 1e9 else f"{num_bytes / 1e6:.0f} MB"


def moment(when: datetime | None) -> str:
    """Return how long ago something happened, or its day."""
    if when is None:
        return "–"
    seconds = (datetime.now(UTC) - when).total_seconds()
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{int(seconds // 60)} min ago"
    if seconds < 86400:
        return f"{int(seconds // 3600)} h ago"
    return when.astimezone().strftime("%d %B %Y")


def label_name(label: str) -> str:
    """Return a relation label for people; the negative one is spelled out."""
    return "no relation" if label == NO_RELATION else label
