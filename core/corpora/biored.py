"""BioRED: six entity types and eight labels between concepts of an abstract."""

from pathlib import Path

from core.corpora.corpus_set import CorpusSet, make_corpus_set
from core.corpora.files import describe_issues, find_file, get_file, read_published
from core.domain import EntityType, RelationLabel, Schema, Split

CHEMICAL, DISEASE, GENE, VARIANT = (
    "ChemicalEntity",
    "DiseaseOrPhenotypicFeature",
    "GeneOrGeneProduct",
    "SequenceVariant",
)
TYPES = (CHEMICAL, DISEASE, GENE, VARIANT, "OrganismTaxon", "CellLine")
# The eight kinds of pairs that were annotated (Luo et al. 2022).
PAIRS = (
    (DISEASE, GENE), (DISEASE, CHEMICAL), (DISEASE, VARIANT), (GENE, GENE),
    (GENE, CHEMICAL), (CHEMICAL, CHEMICAL), (CHEMICAL, VARIANT), (VARIANT, VARIANT),
)  # fmt: skip
LABELS = (
    "Association", "Positive_Correlation", "Negative_Correlation", "Bind",
    "Cotreatment", "Comparison", "Drug_Interaction", "Conversion",
)  # fmt: skip
SCHEMA = Schema(
    tuple(EntityType(name) for name in TYPES), tuple(RelationLabel(name, PAIRS, is_symmetric=True) for name in LABELS)
)
NOTES = (
    "Relations join concepts of an abstract, not mentions: they are kept as document facts.",
    "The labels are undirected; each may join the eight kinds of pairs that were annotated. Whether a relation is "
    "novel, the fifth column, is not kept.",
    "203 of the 600 abstracts of BioRED are in BC5CDR: never train on the one and score on the other.",
)


def read_biored(path: Path) -> CorpusSet:
    """Read the published PubTator files; the test file only where it is there.

    Raises:
        FormatError: A file is missing or refused.
    """
    files = {
        Split.TRAIN: get_file(path, "Train.PubTator"),
        Split.DEV: get_file(path, "Dev.PubTator"),
        Split.TEST: find_file(path, "Test.PubTator"),
    }
    results = {split: read_published(file, "pubtator") for split, file in files.items() if file is not None}
    documents = {split: result.corpus.documents for split, result in results.items()}
    return make_corpus_set("biored", SCHEMA, documents, (*NOTES, *describe_issues(results.values())))
