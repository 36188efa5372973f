"""The model cards of the joint starters, written from what their training recorded."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.starter import CARD_NAME
from core.workflows.starter_builds.origins import WHOLE, Step, find_origin, list_steps


@dataclass(frozen=True, slots=True)
class Terms:
    """What has to be said of a corpus.

    Args:
        title: Its name.
        text: Who made it, and under which terms its annotations may be used.
    """

    title: str
    text: str


_TERMS: Mapping[str, Terms] = {
    "bc5cdr": Terms("BC5CDR", "NLM, United States Government work, public domain (Li et al. 2016; Wei et al. 2015)"),
    "chemprot": Terms("ChemProt", "BioCreative VI, free for research and development (Krallinger et al. 2017)"),
    "ncbi_disease": Terms("NCBI disease", "NLM, United States Government work, public domain (Doğan et al. 2014)"),
}
_PROTOCOLS: Mapping[str, str] = {
    "mentions": "mentions, span and type exact",
    "strict": "relations, extraction, strict (mentions found)",
    "end-token": "relations, extraction, end-token (mentions found)",
    "classification": "relations, mention-pair classification (mentions given)",
}
_LIMITS = (
    "Titles and abstracts of English biomedical papers only, and no relation across sentences. Of mentions of one "
    "type that overlap, one is found. A pair of mentions gets one label at most. Scores of mentions are probabilities "
    "of a small model and are not calibrated. It is a starting point to correct, not a source of facts about medicines."
)


def write_whole_card(path: Path, record: Mapping[str, Any]) -> None:
    """Write the card of the folder that holds the weights of all parts.

    Args:
        path: Its folder.
        record: Its training.json.
    """
    sections = [
        ["# starter-biomedical", "", _WHOLE],
        _table(_list_facts(record), "", ""),
        ["## Recipe", "", "```sh", *_list_commands(record), "```", "", _RECIPE],
        ["## Data and terms", "", *_describe_data(record)],
        ["## Limits", "", _LIMITS],
    ]
    _write(path, sections)


def write_part_card(
    path: Path, name: str, purpose: str, corpus_of: Mapping[str, str], record: Mapping[str, Any]
) -> None:
    """Write the card of a part.

    Args:
        path: Its folder.
        name: Name of the starter.
        purpose: What it does, in one line.
        corpus_of: Corpus that says what is a mention of each of its types.
        record: training.json of the weights; `part_scores` holds those of this part under its folder's name.
    """
    scores = record["part_scores"].get(path.name, {})
    sections = [
        [f"# {name}", "", f"It {purpose}, in sentences of English biomedical abstracts, in one pass.", "", _PART],
        _table([*_list_facts(record), ("types", _describe_types(corpus_of)), *_list_decisions(record, path)], "", ""),
        *[_describe_scores(corpus, found, record) for corpus, found in scores.items()],
        ["Measured again from these weights with", "", "```sh", *_list_measures(name), "```"],
        ["## Data and terms", "", *_describe_data(record)],
        ["## Limits", "", _LIMITS],
    ]
    _write(path, sections)


_WHOLE = (
    "The weights of one joint model (Giorgi et al. 2019: BIOES tags, then a biaffine over pairs of mentions) that "
    "learnt from several corpora at once. The starters beside this folder are parts of it: the same encoder, and of "
    "the tag and pair layers the rows that they need. A sentence taught only what its corpus annotates, so that a "
    "gene in a corpus without genes did not count as no gene. Each corpus has tags of its own, since they do not "
    "agree on what is a chemical or a disease."
)
_PART = (
    "A part of the joint model in `../biomedical`, whose card has the recipe: the same encoder, and of the tag and "
    "pair layers the rows that this part needs. It predicts in new projects before anything was trained, and its "
    "encoder is the offline default for retraining."
)
_NESTING = (
    "a BIOES sequence for each entity type, so that mentions of different types may lie in each other; the paper has "
    "one sequence for all types"
)
_LAYERS = (
    "the encoder's last layer once more, trained for pairs, which reads the words with a mark of their tags; in the "
    "paper mentions and pairs share all layers"
)
_CONTEXT = (
    "read the last words of two mentions, as in the paper, and beyond it the words before, between and after them, "
    "each of these segments pooled by its maximum (Zeng et al. 2015, piecewise max pooling)"
)
_RECIPE = (
    "`training.json` keeps settings, data hashes, losses and scores of every epoch. Weights were trained in the "
    "precision named there and are kept as fp16; they compute in fp32."
)


def _list_facts(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    versions = record["versions"]
    corpora = (f"{_title(one['name'])} ({one['num_train_documents']:,} abstracts)" for one in record["corpora"])
    facts = [
        ("architecture", "`joint`; tags are decoded as the best legal sequence, not word by word as in the paper"),
        *([("tags", _NESTING)] if record.get("has_nesting") else []),
        *([("pairs", _CONTEXT)] if record.get("has_context") else []),
        *([("layers of pairs alone", _LAYERS)] if record.get("num_relation_layers") else []),
        ("encoder", "all-MiniLM-L6-v2 (22.7M parameters, Apache-2.0, see LICENSE in `../biomedical`), fine-tuned"),
    ]
    steps = list_steps(find_origin(record))
    return [
        *facts,
        ("training data", ", ".join(corpora)),
        *((f"step {number}", _describe_step(step)) for number, step in enumerate(steps, start=1)),
        ("built", f"{record['date']}, " + ", ".join(f"{name} {number}" for name, number in versions.items())),
    ]


def _describe_types(corpus_of: Mapping[str, str]) -> str:
    corpora = dict.fromkeys(corpus_of.values())
    types = {corpus: [name for name, own in corpus_of.items() if own == corpus] for corpus in corpora}
    return "; ".join(f"{' and '.join(names)} as {_title(corpus)} marks them" for corpus, names in types.items())


def _list_decisions(record: Mapping[str, Any], path: Path) -> list[tuple[str, str]]:
    decision = record.get("part_decisions", {}).get(path.name)
    text = (
        "a label is predicted from a probability of {threshold:.2f} on, at temperature {temperature:.2f}; the best "
        "for strict extraction"
    )
    return [("threshold", text.format(**decision))] if decision else []


def _describe_step(step: Step) -> str:
    log, names = step.log, " and ".join(str(place + 1) for place in step.inputs)
    if step.kind == "mean":
        return f"the mean of the weights of steps {names}, each as often as it has members"
    begun = f"the encoder of step {names}" if names else "all-MiniLM-L6-v2"
    if step.kind == "taught":
        return f"{begun} with new tag and pair layers, taught the corpora: {_settings(log)}"
    return (
        f"{begun}, masked-LM on {log['pieces_read']:,} pieces of open biomedical text, perplexity of a hidden piece "
        f"{log['perplexity']:.2f}, {log['seconds'] / 60:.1f} min on {log['device']} in {log['precision']}"
    )


def _settings(record: Mapping[str, Any]) -> str:
    training = record["training"]
    weight = f", relations weigh {record['relation_weight']:g}" if "relation_weight" in record else ""
    best = " and ".join(str(epoch) for epoch in record["best_epochs"])
    num_members = record.get("num_members", 1)
    mean = f"; the mean of the weights of {num_members} trainings, seeds from that one on" if num_members > 1 else ""
    hidden = f", {record['word_dropout']:.0%} of the pieces hidden" if record.get("word_dropout") else ""
    return (
        f"{training['num_epochs']} epochs (best: {best}), {training['optimizer']} "
        f"{training['learning_rate']:g}, batch {training['batch_size']}, weight decay {training['weight_decay']:g}, "
        f"dropout {record['dropout']:g}{hidden}, seed {training['seed']}, "
        f"{record['precision']}{weight}{mean}"
    )


def _list_commands(record: Mapping[str, Any]) -> list[str]:
    steps = list_steps(find_origin(record))
    outs = [*(f"step{number}" for number in range(1, len(steps))), "core/starter"]
    encoders = [f"{out}/{WHOLE}" if step.kind == "taught" else out for out, step in zip(outs, steps, strict=True)]
    commands = []
    for number, (step, out) in enumerate(zip(steps, outs, strict=True), start=1):
        begun = [encoders[place] for place in step.inputs] or ["FOLDER_OF_ALL_MINILM_L6_V2"]
        if step.kind == "read":
            commands.append(_name_pretraining(step.log, begun[0], out))
        elif step.kind == "taught":
            commands.append(_name_build(step.log, begun[0], out))
        elif number < len(steps):
            commands.append(shlex.join(["dare", "average-encoders", *begun, "--out", out]))
        else:
            builds = [outs[place] for place in step.inputs]
            commands.append(
                shlex.join(["dare", "average-starters", *builds, "--corpora", "FOLDER_OF_THE_CORPORA", "--out", out])
            )
    return commands


def _name_pretraining(read: Mapping[str, Any], encoder: str, out: str) -> str:
    recipe = read["recipe"]
    words = ["dare", "pretrain-encoder"]
    for file in recipe["files"]:
        words += ["--text", file["name"]]
    words += ["--encoder", encoder, "--out", out]
    for budget in ("minutes", "pieces"):
        words += [f"--{budget}", f"{read[budget]:g}"] if read[budget] is not None else []
    words += ["--context", str(recipe["context"]), "--batch-size", str(recipe["training"]["batch_size"])]
    return shlex.join([*words, "--learning-rate", f"{recipe['training']['learning_rate']:g}"])


def _name_build(record: Mapping[str, Any], encoder: str, out: str) -> str:
    training = record["training"]
    words = ["dare", "build-starter", "--corpora", "FOLDER_OF_THE_CORPORA", "--encoder", encoder, "--out", out]
    words += ["--epochs", str(training["num_epochs"]), "--learning-rate", f"{training['learning_rate']:g}"]
    words += ["--batch-size", str(training["batch_size"]), "--seed", str(training["seed"])]
    words += ["--members", str(record["num_members"])] if record.get("num_members", 1) > 1 else []
    # What an older record does not name was as in the paper.
    words += ["--relation-weight", f"{record.get('relation_weight', 1):g}"]
    words += ["--word-dropout", f"{record.get('word_dropout', 0):g}"]
    words += ["--relation-layers", str(record.get("num_relation_layers", 0))]
    return shlex.join([*words, "--nesting" if record.get("has_nesting") else "--no-nesting"])


def _list_measures(name: str) -> list[str]:
    return [
        "python -m tests.benchmarks.starter",
        f"dare evaluate {name} FILE --protocol mentions   # strict, classification",
    ]


def _describe_scores(corpus: str, scores: Mapping[str, Any], record: Mapping[str, Any]) -> list[str]:
    split = next(one for one in record["corpora"] if one["name"] == corpus)
    rows = []
    for protocol, title in _PROTOCOLS.items():
        if protocol not in scores:
            continue
        rows.append((title, *_rates(scores[protocol]["micro"])))
        by_label: Mapping[str, Any] = scores[protocol]["by_label"]
        if len(by_label) > 1:
            rows += [(f"— {label}", *_rates(counts)) for label, counts in by_label.items()]
    return [
        f"## Scores on the development split of {_title(corpus)} ({split['num_dev_documents']} abstracts)",
        "",
        *_table(rows, "protocol", "P", "R", "F1"),
        "",
        "Every gold item counts, also mentions and relations that a sentence boundary cuts. The sentences of an "
        "abstract are read together: a name that is marked in most of its places is marked in all, one that is marked "
        "in few in none, and the abbreviation in brackets behind a mention is what the mention is. The scores of "
        "epochs in `training.json` are without that. This split also chose epoch, temperature, threshold and what is "
        "most and few, so the scores are a little optimistic.",
    ]


def _rates(counts: Mapping[str, float]) -> tuple[str, str, str]:
    return f"{counts['precision']:.3f}", f"{counts['recall']:.3f}", f"{counts['f1']:.3f}"


def _describe_data(record: Mapping[str, Any]) -> list[str]:
    lines = [
        f"- {_title(one['name'])}: {_TERMS[one['name']].text if one['name'] in _TERMS else 'see its publisher'}. "
        f"Training documents `{one['train_hash'][:16]}…`, {one['num_left_out']} left out because a development split "
        "holds them."
        for one in record["corpora"]
    ]
    if any(step.kind == "read" for step in list_steps(find_origin(record))):
        lines.append(
            "- Text that the encoder read: openly licensed paragraphs and abstracts; the corpora's were removed."
        )
    lines.append("- A concept-level relation of BC5CDR is a relation of every pair of mentions in one sentence that "
                 "carries the two concepts.")  # fmt: skip
    return lines


def _title(corpus: str) -> str:
    return _TERMS[corpus].title if corpus in _TERMS else corpus


def _table(rows: Sequence[Sequence[str]], *header: str) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (header, ("---",) * len(header), *rows)]


def _write(path: Path, sections: Sequence[Sequence[str]]) -> None:
    text = "\n\n".join("\n".join(lines) for lines in sections) + "\n"
    (path / CARD_NAME).write_text(text, encoding="utf-8")
