"""A Parquet file is measured by what it unpacks to, not by what it says of itself."""

import io

import pyarrow
import pyarrow.parquet
import pytest

from core.formats import parquet, read_corpus


def write(texts: list[str]) -> bytes:
    buffer = io.BytesIO()
    table = pyarrow.table({"id": [str(number) for number in range(len(texts))], "text": texts})
    pyarrow.parquet.write_table(table, buffer, use_dictionary=True)
    return buffer.getvalue()


def test_a_text_that_a_dictionary_gives_to_many_rows_counts_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "MAX_UNPACKED_MEGABYTES", 2)
    data = write(["word " * 50_000] * 100)  # 250 kB, a hundred times
    assert len(data) < 100_000
    report = read_corpus(data, source="f.parquet").report
    assert report.is_refused
    assert "the limit is 2 MB" in report.issues[0].message


@pytest.mark.parametrize("number", [0, 1, 120])
def test_every_row_is_read(number: int) -> None:
    texts = [f"Text {one}." for one in range(number)]
    assert [one.text for one in read_corpus(write(texts), source="f.parquet").corpus.documents] == texts
