"""The entity types of a row's head and tail where no column gives them: told from its label, never invented."""

from collections.abc import Mapping

from core.domain import NO_RELATION, RelationLabel
from core.formats.base import IssueLog, Severity
from core.formats.checks import SchemaCheck, shorten

ENTITY = "Entity"  # where any type is taken
NEGATIVES = {"", "none", "no_relation", "norelation", "other", "false", "0", "na", "negative"}
TYPE_ROLES = {"head_type": "head", "tail_type": "tail"}
MAX_PAIRS = 5  # in a message
Pair = tuple[str, str]


def is_negative(label: str) -> bool:
    """Return whether a row's label says that there is no relation."""
    return label == NO_RELATION or label.casefold() in NEGATIVES


class RowTypes:
    """Completes the types of rows; every rule that it applies and every fault is said once.

    Args:
        check: The project's schema, of which a label may join one pair of types alone.
        log: Takes notes and refusals.
    """

    def __init__(self, check: SchemaCheck, log: IssueLog) -> None:
        self._check = check
        self._log = log

    def complete(self, cells: Mapping[str, str], *, line: int) -> dict[str, str] | None:
        """Return the cells with the types of head and tail, or None where these are not known, which the log says.

        Where a schema has the type ENTITY, or any is taken, that stands for what the label does not tell.
        """
        missing = [role for role in TYPE_ROLES if not cells.get(role)]
        schema = self._check.schema
        if not missing:
            return dict(cells)
        if schema is None:
            self._note(f"{_name_missing(missing)}; {ENTITY} is taken.", line)
            return {**cells, **dict.fromkeys(missing, ENTITY)}
        label = cells.get("label", "")
        if not is_negative(label) and self._check.find_label(label, line=line) is None:
            return None
        labels = [one for one in schema.relation_labels if is_negative(label) or one.name == label]
        pairs = sorted(pair for pair in _list_pairs(labels) if _fits(pair, cells))
        if len(pairs) == 1:
            head, tail = pairs[0]
            self._note(f"{_name_missing(missing)}; {_name_rule(label)} {head} → {tail} alone, so that is taken.", line)
            return {**cells, "head_type": head, "tail_type": tail}
        if ENTITY in schema.type_names:
            return {**cells, **dict.fromkeys(missing, ENTITY)}
        self._log.add_once(Severity.REFUSED, _explain(missing, label, pairs), line=line)
        return None

    def _note(self, message: str, line: int) -> None:
        self._log.add_once(Severity.NOTED, message, line=line)


def _list_pairs(labels: list[RelationLabel]) -> set[Pair]:
    """Return the pairs of types that labels may join, those of a symmetric one in both directions."""
    pairs = {pair for label in labels for pair in label.legal_types}
    return pairs | {(tail, head) for label in labels if label.is_symmetric for head, tail in label.legal_types}


def _fits(pair: Pair, cells: Mapping[str, str]) -> bool:
    """Return whether a pair has the types that a row gives."""
    return all(cells.get(role) in (None, "", name) for role, name in zip(TYPE_ROLES, pair, strict=True))


def _name_missing(missing: list[str]) -> str:
    ends = " and ".join(TYPE_ROLES[role] for role in missing)
    return f"The types of {ends} are not given" if len(missing) > 1 else f"The type of the {ends} is not given"


def _name_rule(label: str) -> str:
    return "every label of the project joins" if is_negative(label) else f"the label {shorten(label)} joins"


def _explain(missing: list[str], label: str, pairs: list[Pair]) -> str:
    shown = [f"{head} → {tail}" for head, tail in pairs[:MAX_PAIRS]]
    listed = f"{', '.join(shown)}{', …' if len(pairs) > MAX_PAIRS else ''}" if pairs else "no pair with the type given"
    subject = "the labels of the project join" if is_negative(label) else f"the label {shorten(label)} joins"
    remedy = "Say which columns hold the types, or give one type for all rows."
    return f"{_name_missing(missing)}, and {subject} {listed}. {remedy}"
