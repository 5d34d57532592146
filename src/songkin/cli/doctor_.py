"""``songkin doctor``: a check-up."""

from __future__ import annotations

import click

from songkin.cli.common import emit, note, opened, printable, show_table, table, with_library


@click.command(name="doctor")
@click.option("--ask-llm", is_flag=True, help="Ask the language model, where one is set up, whether it is there.")
@with_library
def command(ask_llm: bool, library: str | None, qdrant_url: str | None, as_json: bool) -> int:
    """What is installed, which weights and which store there are, what is missing, how to mend it."""
    from songkin.doctor import examine

    with opened(library, qdrant_url=qdrant_url) as music:
        findings = examine(music, ask_model=ask_llm)
    bad = [finding for finding in findings if finding.state == "bad"]
    if as_json:
        names = ("what", "state", "told", "remedy")
        emit({"ok": not bad, "findings": [{name: getattr(finding, name) for name in names} for finding in findings]})
        return 1 if bad else 0
    made = table([("", "left"), ("", "left"), ("", "left"), ("what to do", "left")])
    signs = {"ok": "✓", "note": "·", "bad": "✗"}
    for finding in findings:
        made.add_row(signs[finding.state], finding.what, printable(finding.told), printable(finding.remedy))
    show_table(made)
    note("All is well." if not bad else f"{len(bad)} to mend.")
    return 1 if bad else 0
