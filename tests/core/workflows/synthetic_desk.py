"""A project with judged synthetic sentences and a curator, for tests of what is decided about them."""

from dataclasses import replace

from core.domain import NO_RELATION, Mention, Source, Span, SyntheticSentence
from core.workflows.curation import curate
from core.workflows.projects import create_project
from db.queries import synthetic, users
from db.queries.synthetic import SyntheticView
from db.session import Session

PROVENANCE = (
    ("generator", "GPT-2 from nothing"),
    ("base", "scratch"),
    ("data_hash", "abc"),
    ("seed", "7"),
    ("sampling", '{"top_k": 5}'),
    ("training", '{"num_epochs": 5}'),
)


def make_judged(number: int, *, label: str = "CID", agreement: float | None = 0.9) -> SyntheticSentence:
    """Return a sentence "$CHEMICAL$ caused $DISEASE$ in case NUMBER." with names, scores and provenance."""
    return SyntheticSentence(
        f"$CHEMICAL$ caused $DISEASE$ in case {number}.",
        label,
        Mention(Span(0, 10), "Chemical", source=Source.MODEL),
        Mention(Span(18, 27), "Disease", source=Source.MODEL),
        provenance=PROVENANCE,
        head_name="lithium",
        tail_name="tremor",
        agreement=agreement,
        disagreement=0.01,
        novelty=0.5,
        nearest_gold="$CHEMICAL$ caused $DISEASE$.",
    )


class SyntheticDesk:
    """A project with `num_sentences` judged sentences of CID, and a curator who decides them."""

    def __init__(self, session: Session, *, num_sentences: int = 0, agreement: float = 0.9) -> None:
        self.session = session
        self.project_id = create_project(session, "p", template="chemical-disease")
        self.user_id = users.get_or_add_user(session, "ada")
        self.add(*(make_judged(number, agreement=agreement) for number in range(num_sentences)))

    def add(self, *sentences: SyntheticSentence) -> None:
        """Store sentences."""
        synthetic.add_synthetic(self.session, self.project_id, sentences)
        self.session.commit()

    def add_unlike(self, number: int, agreement: float) -> None:
        """Store one more sentence of NO_RELATION."""
        self.add(replace(make_judged(number, agreement=agreement), label=NO_RELATION))

    @property
    def views(self) -> list[SyntheticView]:
        """All sentences in the order they were written."""
        ids = synthetic.list_ids(self.session, self.project_id, state=None)
        return synthetic.get_synthetic_views(self.session, ids)

    def do(self, view: SyntheticView, kind: str, **fields: object) -> None:
        """Decide one sentence, alone."""
        curate.apply_synthetic_event(
            self.session,
            project_id=self.project_id,
            user_id=self.user_id,
            synthetic_id=view.id,
            version=synthetic.get_synthetic_view(self.session, view.id, project_id=self.project_id).version,
            event={"kind": kind, **fields},
        )
        self.session.commit()
