"""The remarks of an import report as a table that spreadsheets open."""

import csv
import io
from collections.abc import Mapping
from typing import Any

from core.formats.masked_table import escape_formula

COLUMNS = ("file", "format", "line", "severity", "message")


def write_issues(report: Mapping[str, Any]) -> bytes:
    """Return the remarks of `ImportReport.to_json()` as CSV, one a row, in UTF-8 with the mark that Excel needs."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for issue in report["issues"]:
        line = "" if issue["line"] is None else str(issue["line"])
        cells = (report["source"], report["format_name"], line, issue["severity"], issue["message"])
        writer.writerow([escape_formula(cell) for cell in cells])
    return buffer.getvalue().encode("utf-8-sig")
