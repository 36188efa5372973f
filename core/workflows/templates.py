"""Project templates as data: entity types, relation labels, guidelines, colours.

The colours are Paul Tol's "bright" set, which people with any common colour blindness can tell apart.
"""

from dataclasses import dataclass

from core.domain import EntityType, RelationLabel, Schema

BLUE, RED, GREEN, YELLOW, CYAN, PURPLE, GREY = (
    *("#4477AA", "#EE6677", "#228833", "#CCBB44", "#66CCEE", "#AA3377", "#BBBBBB"),
)
PALETTE = (BLUE, RED, GREEN, YELLOW, CYAN, PURPLE, GREY)


@dataclass(frozen=True, slots=True)
class Template:
    """What a new project starts with."""

    title: str
    description: str
    guideline: str
    schema: Schema


CHEMICAL = EntityType(
    "Chemical",
    BLUE,
    "Drugs, chemical elements, compounds and their abbreviations. Mark the whole name without articles or doses.",
)
DISEASE = EntityType(
    "Disease",
    RED,
    "Diseases, disorders, symptoms and injuries. Include words that make the name more specific, such as 'acute'.",
)
DRUG = EntityType("Drug", BLUE, "Substances given to treat people: generic names, brand names and groups of drugs.")
GENE = EntityType("Gene", GREEN, "Genes and the proteins they encode, families and complexes too.")
ADVERSE_EFFECT = EntityType(
    "AdverseEffect", RED, "A harmful or unwanted condition that the text presents as an effect of a drug."
)

CHEMICAL_DISEASE = Template(
    "Chemical–disease",
    "Which chemicals cause which diseases.",
    "Relate a chemical to a disease only where the sentence says that the chemical brought the disease about or "
    "made it worse. Treatment, prevention and mere mention together are not relations. Mark every pair of "
    "mentions for which the sentence makes the claim, also when it is hedged ('may cause').",
    Schema(
        (CHEMICAL, DISEASE),
        (
            RelationLabel(
                "CID",
                (("Chemical", "Disease"),),
                colour=PURPLE,
                guideline="Chemical induces disease: the head brings about or worsens the tail.",
            ),
        ),
    ),
)

DRUG_PAIR = (("Drug", "Drug"),)
DRUG_DRUG = Template(
    "Drug–drug",
    "How drugs taken together influence each other.",
    "Relate two drugs where the sentence says something about taking both. Choose the most specific label; a "
    "sentence that denies an interaction holds no relation. The labels have no direction.",
    Schema(
        (DRUG,),
        (
            RelationLabel(
                *("ADVISE", DRUG_PAIR, True, GREEN),
                guideline="A recommendation or warning about using the two together.",
            ),
            RelationLabel(
                *("EFFECT", DRUG_PAIR, True, RED),
                guideline="What the interaction does to the patient or to how a drug works.",
            ),
            RelationLabel(
                *("MECHANISM", DRUG_PAIR, True, PURPLE),
                guideline="How the interaction comes about, such as changed absorption, levels or clearance.",
            ),
            RelationLabel(
                *("INT", DRUG_PAIR, True, CYAN), guideline="The text says that they interact and nothing more."
            ),
        ),
    ),
)

CHEMICAL_GENE = (("Chemical", "Gene"),)
CHEMICAL_PROTEIN = Template(
    "Chemical–protein",
    "What chemicals do to genes and proteins.",
    "Relate a chemical to a gene or protein where the sentence states what the one does to the other. Choose the "
    "label by the effect that is stated, not by what is known from elsewhere.",
    Schema(
        (CHEMICAL, GENE),
        (
            RelationLabel(
                *("CPR:3", CHEMICAL_GENE, False, GREEN),
                guideline="Upregulates: the chemical activates the gene or raises its expression.",
            ),
            RelationLabel(
                *("CPR:4", CHEMICAL_GENE, False, RED),
                guideline="Downregulates: the chemical inhibits the protein or lowers the gene's expression.",
            ),
            RelationLabel(
                *("CPR:5", CHEMICAL_GENE, False, CYAN),
                guideline="Agonist: the chemical binds to the receptor and activates it.",
            ),
            RelationLabel(
                *("CPR:6", CHEMICAL_GENE, False, YELLOW),
                guideline="Antagonist: the chemical binds to the receptor and blocks it.",
            ),
            RelationLabel(
                *("CPR:9", CHEMICAL_GENE, False, PURPLE),
                guideline="Substrate or product: the protein transforms, makes or carries the chemical.",
            ),
        ),
    ),
)

ADVERSE_DRUG_EVENT = Template(
    "Adverse drug event",
    "Which drugs had which unwanted effects.",
    "Relate a drug to an adverse effect where the text presents the effect as caused by the drug, in a patient "
    "or in general. The illness for which the drug was given is no adverse effect.",
    Schema(
        (DRUG, ADVERSE_EFFECT),
        (
            RelationLabel(
                "ADVERSE_EFFECT",
                (("Drug", "AdverseEffect"),),
                colour=PURPLE,
                guideline="The drug caused the effect.",
            ),
        ),
    ),
)

BLANK = "blank"
TEMPLATES: dict[str, Template] = {
    "chemical-disease": CHEMICAL_DISEASE,
    "drug-drug": DRUG_DRUG,
    "chemical-protein": CHEMICAL_PROTEIN,
    "adverse-drug-event": ADVERSE_DRUG_EVENT,
    BLANK: Template("Blank", "Your own entity types and relation labels.", "", Schema((), ())),
}
