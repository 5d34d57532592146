"""A task: import files into a new library without refreshing its search index; prints seconds, CPU and peak memory."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from songkin.benchmark.peak import highest
from songkin.benchmark.processes import cpu_and_wall
from songkin.importing.run import Asked, import_files
from songkin.progress import Quiet
from songkin.store import catalog_file
from songkin.store.catalog import Catalog

if __name__ == "__main__":
    given = json.loads(sys.stdin.read())
    library = Path(given["library"])
    library.mkdir(parents=True)
    with Catalog(catalog_file(library)) as catalog:
        began = cpu_and_wall()
        import_files(catalog, given["files"], Asked(), Quiet())
        spent = [now - then for now, then in zip(cpu_and_wall(), began, strict=True)]
    print(json.dumps({"cpu": spent[0], "seconds": spent[1], "peak": highest()}))  # noqa: T201 - what the task gives
