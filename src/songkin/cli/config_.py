"""``songkin config``: all settings, and where each comes from."""

from __future__ import annotations

import click

from songkin.cli.common import configured, emit, printable, show_table, table, with_library, with_reasons


@click.command(name="config")
@with_library
def command(library: str | None, qdrant_url: str | None, as_json: bool) -> None:
    """All settings with their effective values and origins; secrets are not shown."""
    from songkin.config import SETTINGS, config_file

    config = configured(library, qdrant_url=qdrant_url)
    rows = config.shown()
    if as_json:
        emit(
            {
                "file": str(config_file()),
                "settings": {name: {"value": value, "origin": origin} for name, value, origin in rows},
            }
        )
        return
    helps = {setting.name: f"{setting.help} ({setting.variables[0]})" for setting in SETTINGS}
    made = table([("setting, and what it is", "left"), ("value", "left"), ("from", "left")])
    for name, value, origin in rows:
        made.add_row(with_reasons(name, [helps[name]]), printable(value), printable(origin))
    show_table(made)
