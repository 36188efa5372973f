"""WebAnno TSV 3 as its user guide describes it: stacks, parts of tokens, slots, relations, reserved signs."""

from core.domain import Document, Mention, Relation, Span
from core.formats import ReadResult, Severity, read_corpus


def read(text: str) -> ReadResult:
    return read_corpus(text.encode(), source="f")


def read_document(text: str) -> Document:
    result = read(text)
    assert not result.report.is_refused, result.report.issues
    return result.corpus.documents[0]


def read_rows(layers: str, rows: str) -> ReadResult:
    """Read a file of layers, sentences and tokens, written with spaces for tabs and "␣" for spaces."""
    lines = [line if line.startswith("#") else line.replace(" ", "\t") for line in rows.strip().split("\n")]
    return read(f"#FORMAT=WebAnno TSV 3.3\n{layers}\n\n\n" + "\n".join(lines) + "\n")


def spans_of(document: Document) -> list[tuple[str, str]]:
    return [(one.span.text(document.text), one.entity_type) for one in document.mentions]


def relations_of(document: Document) -> list[tuple[str, str, str]]:
    text = document.text
    return [(one.head.span.text(text), one.label, one.tail.span.text(text)) for one in document.relations]


def notes_of(result: ReadResult) -> list[str]:
    return [one.message for one in result.report.issues]


WEBANNO = """#FORMAT=WebAnno TSV 3.3
#T_SP=de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|identifier|value
#T_RL=webanno.custom.Effect|label|BT_de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity


#Text=😀 Low aspirin gave
1-1\t0-2\t😀\t_\t_\t_\t_\t
1-2\t3-6\tLow\tD1[1]\tDrug[1]\t_\t_\t
1-3\t7-14\taspirin\tD1[1]|*\tDrug[1]|Word\\|s[2]\t_\t_\t
1-4\t15-19\tgave\t_\t_\t_\t_\t

#Text=rash.
2-1\t20-24\trash\t*\tDisease\tCID\t1-2[1_0]\t
2-2\t24-25\t.\t_\t_\t_\t_\t
"""


def test_webanno_spans_of_several_tokens_stacked_spans_and_relations_are_read() -> None:
    document = read_document(WEBANNO)
    assert document.text == "😀 Low aspirin gave rash."
    low, word, rash = document.mentions
    assert [one.span.text(document.text) for one in document.mentions] == ["Low aspirin", "aspirin", "rash"]
    assert ([one.entity_type for one in document.mentions], low.concept_ids) == (["Drug", "Word|s", "Disease"], ("D1",))
    assert document.relations == (Relation(low, rash, "CID"),)
    assert [one.span.text(document.text) for one in document.sentences] == ["😀 Low aspirin gave", "rash."]


def test_a_broken_webanno_line_is_refused_with_its_number() -> None:
    report = read(WEBANNO.replace("1-4\t15-19\tgave", "1-4 15-19 gave")).report
    assert (report.issues[0].line, report.is_refused) == (10, True)


def test_parts_of_tokens_stand_where_their_offsets_say() -> None:
    rows = """
#Text=anan anti-anan
1-1 0-4 anan _
1-2 5-14 anti-anan Whole
1-2.1 5-9 anti Prefix[1]|Other[2]
1-2.2 10-14 anan Rest[3]
1-2.3 12-14 an Rest[2]
"""
    document = read_rows("#T_SP=custom.Span|value", rows).corpus.documents[0]
    assert document.mentions == (
        Mention(Span(5, 14), "Whole"),
        Mention(Span(5, 9), "Prefix"),
        Mention(Span(5, 14), "Other"),
        Mention(Span(10, 14), "Rest"),
    )


def test_offsets_that_count_characters_or_nothing_are_found_out_by_the_words() -> None:
    right = "#Text=😀 a a\n1-1 0-2 😀 _\n1-2 3-4 a _\n1-3 5-6 a X"
    assert read_rows("#T_SP=c.Span|value", right).corpus.documents[0].mentions == (Mention(Span(4, 5), "X"),)
    wrong = read_rows("#T_SP=c.Span|value", right.replace("3-4", "2-3").replace("5-6", "4-5").replace("0-2", "0-1"))
    assert wrong.corpus.documents[0].mentions == (Mention(Span(4, 5), "X"),)
    assert [(one.severity, one.message[:20]) for one in wrong.report.issues] == [
        (Severity.REPAIRED, "Tokens do not stand ")
    ]


def test_reserved_signs_come_back_and_only_bare_ones_mean_something() -> None:
    rows = r"""
#Text=a\tb\\ c d e
1-1 0-1 a \_
1-2 2-4 b\\ x\[1\]
1-3 5-6 c a\|b\\|\*\;\->
1-4 7-8 d *
1-5 9-10 e _
""".replace("\\\\t", "\\t")
    document = read_rows("#T_SP=c.Span|value", rows).corpus.documents[0]
    assert document.text == "a\tb\\ c d e"
    assert spans_of(document) == [("a", "_"), ("b\\", "x[1]"), ("c", "a|b\\"), ("c", "*;->"), ("d", "Span")]


def test_a_layer_without_features_and_spans_without_characters() -> None:
    rows = "#Text=This is.\n1-1 0-4 This *\n1-1.1 0-0  *[2]\n1-2 5-7 is _\n1-3 7-8 . *[3]|*[4]"
    result = read_rows("#T_SP=c.Simple|", rows)
    assert spans_of(result.corpus.documents[0]) == [("This", "Simple"), (".", "Simple")]
    assert notes_of(result) == [
        "'.' is stated twice as Simple; kept once.",
        "Left out: 1 spans without characters.",
    ]


def test_a_slot_is_a_relation_from_its_span_to_what_fills_it() -> None:
    layers = (
        "#T_SP=c.Frame|FE|ROLE_c.Frame:Roles_c.RolesLink|c.Lu\n#T_SP=c.Lu|luvalue\n"
        "#T_SP=c.Any|ROLE_c.Any:links_c.AnyLink|uima.tcas.Annotation"
    )
    rows = """
#Text=Bob sold the clock .
1-1 0-3 Bob _ _ _ bob _ _
1-2 4-8 sold trade seller;goods;* 1-1;1-3[4];1-1 _ left 1-3[4]
1-3 9-12 the _ _ _ clock[4] _ _
1-4 13-18 clock _ _ _ clock[4] * *
1-5 19-20 . empty _ _ _ _ _
"""
    document = read_rows(layers, rows).corpus.documents[0]
    assert spans_of(document) == [
        ("sold", "trade"), (".", "empty"), ("Bob", "bob"), ("the clock", "clock"), ("sold", "Any"), ("clock", "Any"),
    ]  # fmt: skip
    assert relations_of(document) == [
        ("sold", "seller", "Bob"),
        ("sold", "goods", "the clock"),
        ("sold", "Frame", "Bob"),
        ("sold", "left", "the clock"),
    ]


def test_relations_tell_stacked_spans_apart_by_number() -> None:
    rows = """
#Text=A tale of kinds
1-1 0-1 A _ _ _ _ _
1-2 2-6 tale A[1]|B[2]|C[3] x[1]|y[2]|z[3] _ _ _
1-3 7-9 of _ _ _ _ _
1-4 10-15 kinds D w r1|r2|* n1|*|* 1-2[3_0]|1-2[2_0]|1-3
"""
    result = read_rows("#T_SP=c.Multi|f1|f2\n#T_RL=c.Rel|rel1|rel2|BT_c.Multi", rows)
    document = result.corpus.documents[0]
    assert [(one.head.entity_type, one.label, one.tail.entity_type) for one in document.relations] == [
        ("C", "r1", "D"),
        ("B", "r2", "D"),
    ]
    assert notes_of(result) == [
        "Left out: 4 values of the feature f2 of Multi.",
        "Left out: 1 values of the feature rel2 of Rel.",
        "Left out: 1 relations of spans that no layer holds.",
    ]


def test_parts_of_speech_lemmas_and_chains_are_no_mentions_and_are_counted() -> None:
    api = "de.tudarmstadt.ukp.dkpro.core.api"
    layers = (
        f"#T_SP={api}.lexmorph.type.pos.POS|PosValue\n#T_SP=c.Span|value\n"
        f"#T_CH={api}.coref.type.CoreferenceLink|referenceType|referenceRelation\n"
        f"#T_RL={api}.syntax.type.dependency.Dependency|DependencyType|BT_{api}.lexmorph.type.pos.POS"
    )
    rows = "#Text=He ran\n1-1 0-2 He PRP X pr[1] coref->1-1 SBJ 1-2\n1-2 3-6 ran VBD _ pr[1] *->1-2 _ _"
    result = read_rows(layers, rows)
    assert spans_of(result.corpus.documents[0]) == [("He", "X")]
    assert notes_of(result) == [
        "Left out: 2 annotations of the layer POS.",
        "Left out: 2 links of coreference chains.",
        "Left out: 1 relations of spans that no layer holds.",
    ]


def test_sentences_of_several_lines_with_ids_and_without_a_space_between_are_put_together() -> None:
    rows = """
#Sentence.id=s1
#Text=This is
#Text=one.
1-1 0-4 This _
1-2 5-7 is _
1-3 8-11 one _
1-4 11-12 . _

#Text=Two.
2-1 12-15 Two X
2-2 15-16 . _
"""
    document = read_rows("#T_SP=c.Span|value", rows).corpus.documents[0]
    assert document.text == "This is\none.Two."
    assert spans_of(document) == [("Two", "X")]


def test_a_reference_to_no_token_is_refused_with_its_line() -> None:
    rows = "#Text=a b\n1-1 0-1 a X _ _\n1-2 2-3 b X r nowhere"
    report = read_rows("#T_SP=c.Span|value\n#T_RL=c.Rel|label|BT_c.Span", rows).report
    assert (report.issues[0].line, report.issues[0].message) == (8, "'nowhere' names no token. Correct the file.")
