"""One label's sentences: drawn, filtered, judged, given readable names, and written into the task's folder."""

import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Any

from core.domain import Mention, Source, Span, SyntheticSentence
from core.generation.config import SamplingConfig
from core.generation.filters import KeptSentence, SentenceFilter
from core.generation.nearest import find_nearest
from core.generation.quality import Appraisal
from core.generation.realise import Lexicon
from core.generation.sampling import GenerationResult, generate_sentences, mean_log_likelihoods
from core.settings import Settings
from core.training.trainer import Report
from core.workflows.model_library.sources import describe_revisions
from core.workflows.synthesis.judges import Judge, JudgePanel
from core.workflows.synthesis.label_generators import LabelGenerator
from core.workflows.synthesis.synthesise_params import GenerateParams
from core.workflows.synthesis.synthesise_plan import GenerationPlan, LabelPlan

SENTENCES_NAME = "sentences.jsonl"
COUNTS_NAME = "counts.json"
_VERSIONED = ("torch", "transformers", "tokenizers", "dare-curator")


class LabelWriter:
    """Writes the sentences of one label.

    Args:
        plan: What the job reads.
        label: The label.
        panel: The judges.
    """

    def __init__(self, plan: GenerationPlan, label: LabelPlan, panel: JudgePanel) -> None:
        self._plan = plan
        self._label = label
        self._panel = panel

    def write(self, made: LabelGenerator, out_path: Path, report: Report) -> None:
        """Draw until the label has what it wants, and write that with its counts."""
        plan, label = self._plan, self._label
        sampling = sampling_config(plan.params, seed=label.sampling_seed)
        result = generate_sentences(
            made.generator,
            self._make_filter(),
            count=label.count,
            config=sampling,
            appraise=self._appraise,
            min_agreement=plan.params.min_agreement,
            code=label.code,
            report=report,
        )
        likelihoods = mean_log_likelihoods(made.generator, [sentence.text for sentence in result.kept])
        _write_sentences(out_path, self._make_sentences(result, likelihoods, self._describe(made, sampling)))
        counts = {
            "generated": result.num_generated,
            "removed": {reason.value: number for reason, number in result.removed.items()},
            "is_reused": made.is_reused,
        }
        (out_path / COUNTS_NAME).write_text(json.dumps(counts), encoding="utf-8")

    def _make_filter(self) -> SentenceFilter:
        plan = self._plan
        return SentenceFilter(
            self._label.pairs,
            masks=(*plan.masks, *plan.codes),
            gold=plan.gold,
            heldout=plan.heldout,
            synthetic=plan.synthetic,
        )

    def _appraise(self, sentences: Sequence[KeptSentence]) -> list[Appraisal]:
        nearest = find_nearest([sentence.text for sentence in sentences], self._plan.gold)
        opinions = self._panel.judge(sentences, self._label.label, nearest=[one.text for one in nearest])
        return [
            Appraisal(
                novelty=one.novelty,
                nearest_gold=one.text,
                agreement=opinion.agreement if opinion else None,
                disagreement=opinion.disagreement if opinion else None,
            )
            for one, opinion in zip(nearest, opinions, strict=True)
        ]

    def _make_sentences(
        self, result: GenerationResult, likelihoods: Sequence[float], provenance: Mapping[str, str]
    ) -> Iterator[SyntheticSentence]:
        lexicon = Lexicon.from_names(self._plan.names)
        for kept, appraisal, likelihood in zip(result.kept, result.appraisals, likelihoods, strict=True):
            # Drawn from the text itself, so that the same sentence gets the same names in a repeated run.
            rng = Random(f"{self._plan.params.seed}:{kept.text}")
            head_name, tail_name = lexicon.draw_pair(kept.head.entity_type, kept.tail.entity_type, rng=rng)
            yield SyntheticSentence(
                kept.text,
                self._label.label,
                kept.head,
                kept.tail,
                provenance=(*provenance.items(), ("mean_log_likelihood", f"{likelihood:.4f}")),
                head_name=head_name,
                tail_name=tail_name,
                agreement=appraisal.agreement,
                disagreement=appraisal.disagreement,
                novelty=appraisal.novelty,
                nearest_gold=appraisal.nearest_gold,
            )

    def _describe(self, made: LabelGenerator, sampling: SamplingConfig) -> dict[str, str]:
        """Return where the sentences come from: enough to make them again."""
        plan, params = self._plan, self._plan.params
        versions = {name: version(name) for name in _VERSIONED} | {"python": platform.python_version()}
        versions |= describe_revisions(Settings(), [params.base, plan.judges.encoder])
        judges = {"number": plan.judges.num_judges, "encoder": plan.judges.encoder}
        return {
            "generator": "GPT-2 from nothing" if params.is_scratch else "fine-tuned causal language model",
            "label": self._label.label,
            "reads": "all labels" if params.is_shared else self._label.label,
            "base": params.base,
            "data_hash": plan.data_hash,
            "num_gold": str(made.about["num_gold"]),
            "seed": str(params.seed),
            "training": json.dumps(made.about["training"], sort_keys=True),
            "perplexity_by_rate": json.dumps(made.about["perplexity_by_rate"]),
            "num_processes": str(params.num_processes),
            "sampling": json.dumps(asdict(sampling), sort_keys=True),
            "judges": json.dumps(judges if plan.judges.num_judges else {}),
            "min_agreement": f"{params.min_agreement:g}",
            "versions": json.dumps(versions, sort_keys=True),
        }


def load_panel(plan: GenerationPlan, run_path: Path) -> JudgePanel:
    """Load the judges of a run; a panel of none where there are none."""
    judges = [Judge.load(run_path / task, device=plan.params.device) for task in plan.judges.tasks]
    return JudgePanel(judges, plan.fold_by_gold)


def sampling_config(params: GenerateParams, *, seed: int) -> SamplingConfig:
    """Return how a label's sentences are drawn."""
    return SamplingConfig(
        temperature=params.temperature,
        top_k=params.top_k,
        top_p=params.top_p,
        max_new_pieces=params.max_new_pieces,
        attempts_by_sentence=params.attempts_by_sentence,
        may_repeat_masks=params.may_repeat_masks,
        may_name_types=params.may_name_types,
        seed=seed,
    )


def _write_sentences(out_path: Path, sentences: Iterator[SyntheticSentence]) -> None:
    lines = (json.dumps(_to_json(sentence), ensure_ascii=False) + "\n" for sentence in sentences)
    (out_path / SENTENCES_NAME).write_text("".join(lines), encoding="utf-8")


def _to_json(sentence: SyntheticSentence) -> dict[str, Any]:
    return asdict(sentence) | {
        "head": _mention_to_json(sentence.head),
        "tail": _mention_to_json(sentence.tail),
        "provenance": dict(sentence.provenance),
    }


def _mention_to_json(mention: Mention) -> list[int | str]:
    return [mention.span.start, mention.span.end, mention.entity_type]


def read_sentences(path: Path) -> Iterator[SyntheticSentence]:
    """Read what a label's task wrote."""
    for line in (path / SENTENCES_NAME).read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        head, tail = (
            Mention(Span(start, end), entity_type, source=Source.MODEL)
            for start, end, entity_type in (item.pop("head"), item.pop("tail"))
        )
        provenance = tuple(item.pop("provenance").items())
        del item["state"]  # PENDING, as every new sentence
        yield SyntheticSentence(head=head, tail=tail, provenance=provenance, **item)
