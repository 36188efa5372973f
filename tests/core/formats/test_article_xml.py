"""Articles of PubMed and of PMC as documents."""

from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring

from core.errors import FormatError
from core.formats import Severity, read_corpus
from core.formats.jats_xml import find_pmcid, read_jats_article
from core.formats.pubmed_xml import find_pmid, read_pubmed_article
from tests.fake_ncbi import DOCTYPE, pmc_xml, pubmed_xml


def parse(xml: str) -> Element:
    element: Element = fromstring(xml)
    return element


def test_a_structured_abstract_keeps_its_labels_and_every_character() -> None:
    sections = (("METHODS", "We gave  5 µg/kg < 10 😀."), ("", "Ünlabelled e\u0301."))
    document, remarks = read_pubmed_article(parse(pubmed_xml("12", title="A & B.", sections=sections)))
    assert document.text == "A & B.\nMETHODS: We gave  5 µg/kg < 10 😀.\nÜnlabelled e\u0301."
    assert remarks == []


def test_inline_markup_leaves_its_text() -> None:
    xml = pubmed_xml("12", title="X").replace("<ArticleTitle>X", "<ArticleTitle>CO<sub>2</sub> in <i>E. coli</i>")
    assert read_pubmed_article(parse(xml))[0].text.startswith("CO2 in E. coli\n")


def test_an_article_has_its_own_ids_not_those_of_its_comments_and_references() -> None:
    article = parse(pubmed_xml("12"))
    assert find_pmid(article) == "12"
    assert dict(read_pubmed_article(article)[0].metadata) == {
        "source": "PubMed", "pmid": "12", "doi": "10.1/x", "journal": "A Journal", "year": "1999", "title": "Aspirin.",
    }  # fmt: skip


def test_an_article_without_an_abstract_says_so() -> None:
    document, remarks = read_pubmed_article(parse(pubmed_xml("12", sections=())))
    assert document.text == "Aspirin."
    assert remarks == ["has no abstract in PubMed; its title alone was taken"]


def test_an_article_without_text_is_refused() -> None:
    with pytest.raises(FormatError, match="Article 12 has neither title nor abstract"):
        read_pubmed_article(parse(pubmed_xml("12", title="", sections=())))


def test_running_text_is_taken_and_tables_figures_and_latex_are_left_out() -> None:
    body = (
        "<body><sec><title>Methods</title><p>We gave\n  <bold>it</bold><table-wrap><p>cell</p></table-wrap> twice."
        "<list><list-item><p>once</p></list-item></list></p><fig><caption><p>shown</p></caption></fig>"
        "<sec><p>x<inline-formula><tex-math>\\frac</tex-math></inline-formula>y</p></sec></sec></body>"
    )
    document, remarks = read_jats_article(parse(pmc_xml("34", body=body)))
    assert document.text.split("\n")[2:] == ["Methods", "We gave it twice.", "once", "xy"]
    assert remarks == []


def test_an_article_that_is_not_open_gives_title_and_abstract_and_says_so() -> None:
    document, remarks = read_jats_article(parse(pmc_xml("34", body="")))
    assert document.text == "Aspirin in vivo\nIt is old."
    assert remarks == ["is not open to download as a whole; title and abstract alone were taken"]


def test_an_article_of_pmc_tells_where_it_is_from_and_its_licence() -> None:
    article = parse(pmc_xml("34"))
    assert find_pmcid(article) == "PMC34"
    assert dict(read_jats_article(article)[0].metadata) == {
        "source": "PMC", "pmcid": "PMC34", "pmid": "12", "journal": "A Journal", "year": "2010",
        "title": "Aspirin in vivo", "licence": "https://creativecommons.org/licenses/by/4.0/",
    }  # fmt: skip


def test_a_file_of_pubmed_articles_is_recognised_and_those_without_text_are_named() -> None:
    articles = (pubmed_xml("12"), pubmed_xml("13", title="", sections=()), pubmed_xml("14", sections=()))
    xml = f"<?xml version='1.0'?>\n{DOCTYPE}\n<PubmedArticleSet>{''.join(articles)}</PubmedArticleSet>"
    result = read_corpus(xml.encode(), source="f.xml")
    assert [(one.id, one.text) for one in result.corpus.documents] == [
        ("12", "Aspirin.\nIt helps."),
        ("14", "Aspirin."),
    ]
    assert result.report.format_name == "pubmed-xml"
    assert [one.message for one in result.report.issues] == [
        "Article 13 has neither title nor abstract in PubMed. Left out.",
        "14 has no abstract in PubMed; its title alone was taken.",
    ]


def test_a_file_of_jats_articles_is_recognised_whether_they_come_alone_or_together() -> None:
    doctype = '<!DOCTYPE article PUBLIC "-//NLM//DTD JATS" "http://127.0.0.1:9/JATS.dtd">'
    alone = read_corpus(f"<?xml version='1.0'?>{doctype}{pmc_xml('34')}".encode(), source="f.xml")
    assert ([one.id for one in alone.corpus.documents], alone.report.format_name) == (["PMC34"], "jats-xml")
    articles = f"<pmc-articleset>{pmc_xml('34')}{pmc_xml('35')}</pmc-articleset>"
    together = read_corpus(articles.encode("utf-16"), source="f.xml")
    assert [one.id for one in together.corpus.documents] == ["PMC34", "PMC35"]


def test_a_jats_article_without_a_pmc_id_is_named_by_another_id_or_its_file() -> None:
    xml = pmc_xml("34").replace("pub-id-type='pmcid'", "pub-id-type='x'")
    assert [one.id for one in read_corpus(xml.encode(), source="f.xml").corpus.documents] == ["12"]
    xml = xml.replace("pub-id-type='pmid'", "pub-id-type='x'")
    (document,) = read_corpus(xml.encode(), source="f.xml").corpus.documents
    assert (document.id, dict(document.metadata).get("source")) == ("f.xml", None)


@pytest.mark.parametrize(
    ("xml", "message"),
    [
        ("<PubmedArticleSet></PubmedArticleSet>", "The file holds no article of PubMed"),
        ("<article><front/></article>", "The file holds no JATS article with text."),
        ("<article>\n<front></article>", "Not valid XML"),
        (f"<article>{'<sec>' * 5000}{'</sec>' * 5000}</article>", "The file holds no JATS article with text."),
        (pmc_xml("1", body=f"<body>{'<sec>' * 5000}{'</sec>' * 5000}</body>"), "f.xml: its elements are nested too"),
    ],
)
def test_a_file_without_articles_is_refused(xml: str, message: str) -> None:
    report = read_corpus(xml.encode(), source="f.xml").report
    refusal = next(one for one in report.issues if one.severity is Severity.REFUSED)
    assert refusal.message.startswith(message)


def test_entities_in_a_file_of_articles_are_refused() -> None:
    for name, root in (("pubmed-xml", "PubmedArticleSet"), ("jats-xml", "article")):
        xml = f'<!DOCTYPE {root} [<!ENTITY a SYSTEM "file:///etc/passwd">]><{root}>&a;</{root}>'
        report = read_corpus(xml.encode(), source="f.xml", format_name=name).report
        assert report.issues[0].message.startswith("The XML declares entities")
