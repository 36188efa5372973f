"""The judges of `tests.benchmarks.generation`: trained on a corpus's gold alone, once, as the app's are."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean

from core.domain import Document, Split
from core.generation.filters import KeptSentence
from core.generation.nearest import find_nearest
from core.workflows.documents.datasets import make_dataset
from core.workflows.documents.instances import mask_sentence
from core.workflows.synthesis.judges import Judge, JudgePanel, make_lesson, plan_judges, train_judge
from core.workflows.task_cache import TaskCache
from tests.benchmarks.models_data import load_documents, tell

NUM_JUDGES = 4


def load_panel(corpora: Path, corpus: str, results: Path, *, encoder: str, seed: int) -> JudgePanel:
    """Train the judges of a corpus, or take those of an earlier row."""
    schema, documents = load_documents(corpora, corpus)
    kept: Mapping[Split, Sequence[Document]] = {split: documents[split] for split in (Split.TRAIN, Split.DEV)}
    dataset = make_dataset(schema, kept)
    plan = plan_judges(dataset, num_judges=NUM_JUDGES, seed=seed, encoder=encoder)
    cache, judges = TaskCache(results / "judges"), []
    for number in range(plan.num_judges):
        lesson = make_lesson(plan, dataset, number)
        key = {"gold": lesson.content_hash, "judge": number, "encoder": Path(encoder).name}
        folder, _ = cache.get(key, lambda path, n=number, gold=lesson: train_judge(plan, gold, n, path, tell))
        judges.append(Judge.load(folder, device="auto"))
    maskable = [one for one in dataset.train if not one.head.span.overlaps(one.tail.span)]
    return JudgePanel(judges, {mask_sentence(one, schema): plan.folds[one.text] for one in maskable})


def measure_agreement(panel: JudgePanel, label: str, kept: Sequence[KeptSentence], gold: Sequence[str]) -> float | None:
    """Return the mean agreement of the judges with a label; None where no judge had a say."""
    nearest = [one.text for one in find_nearest([sentence.text for sentence in kept], gold)]
    opinions = panel.judge(kept, label, nearest=nearest)
    found = [opinion.agreement for opinion in opinions if opinion is not None]
    return mean(found) if found else None
