"""The tables of a report as bars: of each row the last of its numbers, which is the one that has an interval."""

from __future__ import annotations

from songkin.drawing import Bar, bars
from songkin.evaluation.report import Report


def drawn(report: Report) -> str:
    """Those tables of which any row has an interval, as SVG; what songkin ships stands out."""
    told = [table for table in report.tables if any(row.interval for row in table.rows)]
    return bars(
        [
            (
                f"{table.title}: {table.columns[-1]}, {table.n:,} candidates",
                [Bar(row.label, max(0.0, row.values[-1]), row.interval, "songkin" in row.label) for row in table.rows],
            )
            for table in told
        ]
    )
