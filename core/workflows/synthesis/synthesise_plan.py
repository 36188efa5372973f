"""What a generation reads, frozen when its job starts: gold sentences by label, and texts it must not repeat."""

import hashlib
import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from core.domain import NO_RELATION, Document, Instance, Schema, Split
from core.ensemble.dataset import Dataset
from core.errors import NotEnoughDataError, SchemaError
from core.generation.codes import make_codes
from core.generation.filters import MaskPair
from core.nlp.masking import mask_tokens, masks_for_pair
from core.workflows.documents.datasets import is_drawn
from core.workflows.documents.instances import list_maskable, list_names, mask_sentence, mask_sentences
from core.workflows.retraining.retrain_data import collect_documents
from core.workflows.synthesis.judges import JudgePlan, plan_judges
from core.workflows.synthesis.synthesise_params import MIN_GOLD, USUAL_GOLD, GenerateParams, name_label_task
from db.queries import documents, projects, synthetic
from db.session import Session

PLAN_NAME = "inputs.json"


@dataclass(frozen=True, slots=True)
class LabelPlan:
    """What one label's task needs.

    Args:
        task: Name of the task, safe as a file name whatever the label is.
        label: The label.
        pairs: Mask pairs of its gold sentences, the most usual first.
        sentences: Its masked gold sentences of the train split, in a seeded random order.
        sampling_seed: Seed of the draws; differs from that of earlier jobs, which would draw the same again.
        count: Sentences wanted after filters and gate.
        code: Piece that tells one generator of all labels to write for this one.
        warning: What a curator should know about the label's data; empty if there is nothing.
    """

    task: str
    label: str
    pairs: tuple[MaskPair, ...]
    sentences: tuple[str, ...]
    sampling_seed: int
    count: int
    code: str = ""
    warning: str = ""


@dataclass(frozen=True, slots=True)
class GenerationPlan:
    """Everything the tasks of a generation read.

    Args:
        params: What was asked for.
        masks: Every mask of the schema.
        labels: One plan a label.
        plain: Sentences of the train split as they are.
        gold: Masked gold sentences of the train split, of every label.
        heldout: Masked gold sentences of dev and test, of every label.
        synthetic: Synthetic sentences that exist already, decided or not.
        names: (entity type, name) of the gold mentions of the train split, for the readable form.
        judges: How the judges are trained.
        fold_by_gold: Masked gold sentence → the fold that its judges have not seen.
        notes: What was left out, for people.
    """

    params: GenerateParams
    masks: tuple[str, ...]
    labels: tuple[LabelPlan, ...]
    plain: tuple[str, ...]
    gold: tuple[str, ...]
    heldout: tuple[str, ...]
    synthetic: tuple[str, ...]
    names: tuple[tuple[str, str], ...] = ()
    judges: JudgePlan = field(default_factory=JudgePlan)
    fold_by_gold: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """The labels' codes where one generator writes for all of them."""
        return tuple(label.code for label in self.labels if label.code)

    @property
    def data_hash(self) -> str:
        """SHA-256 of what the generators learn from."""
        learnt = {"plain": self.plain, "labels": {plan.label: plan.sentences for plan in self.labels}}
        return hashlib.sha256(json.dumps(learnt, sort_keys=True).encode()).hexdigest()

    def get_label(self, task: str) -> LabelPlan:
        """Return the plan of a task.

        Raises:
            NotEnoughDataError: No label has that task.
        """
        for plan in self.labels:
            if plan.task == task:
                return plan
        raise NotEnoughDataError(f"No label has the task {task!r}; tasks: {', '.join(p.task for p in self.labels)}.")

    def save(self, run_path: Path) -> None:
        """Write the plan as JSON below `run_path`."""
        content = asdict(self) | {"params": self.params.to_json(), "judges": self.judges.to_json()}
        (run_path / PLAN_NAME).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    @staticmethod
    def load(run_path: Path) -> "GenerationPlan":
        """Read a plan back."""
        content = json.loads((run_path / PLAN_NAME).read_text(encoding="utf-8"))
        labels = [
            LabelPlan(
                **{**plan, "pairs": tuple(MaskPair(**p) for p in plan["pairs"]), "sentences": tuple(plan["sentences"])}
            )
            for plan in content["labels"]
        ]
        texts = {name: tuple(content[name]) for name in ("masks", "plain", "gold", "heldout", "synthetic", "notes")}
        return GenerationPlan(
            params=GenerateParams.from_json(content["params"]),
            labels=tuple(labels),
            names=tuple((entity_type, name) for entity_type, name in content["names"]),
            judges=JudgePlan.from_json(content["judges"]),
            fold_by_gold=content["fold_by_gold"],
            **texts,
        )


def collect_plan(session: Session, project_id: int, params: GenerateParams) -> GenerationPlan:
    """Read the project's gold and plan its generation; the judges are planned by `add_judges`.

    Raises:
        SchemaError, NotEnoughDataError: See `make_plan`.
    """
    existing = synthetic.list_synthetic(session, project_id, state=None, limit=sys.maxsize)
    gold, _ = collect_documents(session, project_id)
    has_dev = any(one.split is Split.DEV for one in gold[Split.DEV])
    kept_away = {one.text for one in gold[Split.DEV]}
    train = [
        one
        for one in documents.stream_documents(session, project_id, splits=[Split.TRAIN])
        # One that nobody has reviewed yet may be held out later.
        if has_dev or not (one.text in kept_away or is_drawn(one))
    ]
    plan = make_plan(
        projects.get_schema(session, project_id),
        train,
        [*gold[Split.DEV], *gold[Split.TEST]],
        params,
        existing=[(view.label, view.text) for view in existing],
    )
    if has_dev:
        return plan
    note = f"No dev documents: {len(kept_away)} of the train documents, which will choose epochs and threshold of a "
    return replace(plan, notes=(*plan.notes, f"{note}training, taught the generators nothing."))


def make_plan(
    schema: Schema,
    train: Sequence[Document],
    held_out: Iterable[Document],
    params: GenerateParams,
    *,
    existing: Sequence[tuple[str, str]] = (),
) -> GenerationPlan:
    """Mask the gold of documents and choose the labels.

    Args:
        schema: Entity types and labels.
        train: Documents that the generators read.
        held_out: Documents of dev and test, which nothing may repeat.
        params: What was asked for.
        existing: (label, masked text) of the synthetic sentences that exist already.

    Raises:
        SchemaError: A label that was asked for is not in the schema.
        NotEnoughDataError: A label that was asked for has too few gold sentences, or every label has.
    """
    gold = list_maskable(train, schema)
    by_label = defaultdict(list)
    for instance in gold:
        by_label[str(instance.label)].append(instance)
    chosen, notes = _choose_labels(schema, by_label, params)
    num_existing = Counter(label for label, _ in existing)
    plans = [
        _plan_label(number, label, by_label[label], schema, params=params, num_existing=num_existing[label])
        for number, label in enumerate(chosen, start=1)
    ]
    codes = make_codes(len(plans)) if params.is_shared else ("",) * len(plans)
    plans = [replace(plan, code=code) for plan, code in zip(plans, codes, strict=True)]
    return GenerationPlan(
        params=params,
        masks=mask_tokens(schema),
        labels=tuple(plans),
        plain=_list_sentences(train),
        gold=mask_sentences(gold, schema),
        heldout=mask_sentences(list_maskable(held_out, schema), schema),
        synthetic=tuple(text for _, text in existing),
        names=tuple(list_names(gold)),
        notes=tuple(notes),
    )


def add_judges(plan: GenerationPlan, dataset: Dataset) -> GenerationPlan:
    """Plan the judges of a generation, or note why there are none.

    Args:
        plan: The plan without judges.
        dataset: Gold of the project: its train part is judged from, its dev part chooses epochs.
    """
    params = plan.params
    judges = plan_judges(dataset, num_judges=params.num_judges, seed=params.seed, encoder=params.judge_encoder)
    if not judges.num_judges:
        return replace(
            plan, notes=(*plan.notes, "No judges: there is too little gold to train them, so nothing is scored.")
        )
    judges = replace(judges, may_download=params.may_download, device=params.device)
    maskable = [one for one in dataset.train if not one.head.span.overlaps(one.tail.span)]
    folds = {mask_sentence(one, dataset.schema): judges.folds[one.text] for one in maskable}
    return replace(plan, judges=judges, fold_by_gold=folds)


def _choose_labels(
    schema: Schema, by_label: Mapping[str, Sequence[Instance]], params: GenerateParams
) -> tuple[list[str], list[str]]:
    """Return the labels to write for, and notes on those left out."""
    known = [*schema.label_names, NO_RELATION]
    unknown = sorted({*params.labels, *params.label_counts} - set(known))
    if unknown:
        raise SchemaError(f"Unknown relation labels {unknown}; known: {', '.join(known)}.")
    wanted = [label for label in dict.fromkeys(params.labels or known) if params.count_for(label)]
    counts = {label: len(by_label.get(label, ())) for label in wanted}
    short = [f"{label} has {count}" for label, count in counts.items() if count < MIN_GOLD]
    chosen = [label for label, count in counts.items() if count >= MIN_GOLD]
    if not wanted:
        raise NotEnoughDataError("No label wants a sentence: every count is 0. Ask for at least one.")
    if not chosen or (short and params.labels):
        raise NotEnoughDataError(
            f"Too few gold sentences in the train split: {', '.join(short)}; a label needs {MIN_GOLD}. "
            "Review more sentences on the Annotate page, or import gold documents."
        )
    return chosen, [f"Left out: {text} gold sentences, fewer than {MIN_GOLD}." for text in short]


def _plan_label(
    number: int,
    label: str,
    instances: Sequence[Instance],
    schema: Schema,
    *,
    params: GenerateParams,
    num_existing: int,
) -> LabelPlan:
    pairs = Counter((one.head.entity_type, one.tail.entity_type) for one in instances)
    sentences = list(mask_sentences(instances, schema))
    random.Random(params.seed).shuffle(sentences)
    warning = ""
    if len(instances) < USUAL_GOLD:
        warning = (
            f"Only {len(instances)} gold sentences: most of what the generator writes will repeat them. "
            f"{USUAL_GOLD} or more give more variety."
        )
    return LabelPlan(
        task=name_label_task(number, label),
        label=label,
        pairs=tuple(_make_pair(schema, head, tail) for (head, tail), _ in pairs.most_common()),
        sentences=tuple(sentences),
        sampling_seed=params.seed + num_existing,
        count=params.count_for(label),
        warning=warning,
    )


def _make_pair(schema: Schema, head_type: str, tail_type: str) -> MaskPair:
    is_ordered = all(label.is_symmetric for label in schema.legal_labels(head_type, tail_type))
    return MaskPair(*masks_for_pair(schema, head_type, tail_type), head_type, tail_type, is_ordered)


def _list_sentences(train: Iterable[Document]) -> tuple[str, ...]:
    texts = (sentence.span.text(document.text) for document in train for sentence in document.sentences)
    return tuple(dict.fromkeys(line for text in texts if (line := " ".join(text.split()))))
