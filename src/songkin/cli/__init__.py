"""The command line: one file is one command. It asks the library and prints; nothing is worked out here."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, Final

import click

from songkin import __version__
from songkin.cli.common import emit, printable
from songkin.errors import Ambiguous, NotFound, QueryError, SongkinError

COMMANDS: Final = {
    "index": "add or refresh sound files and folders, web addresses and buckets",
    "import": "add from exports, playlists, tables, links and other programs",
    "export": "songs, playlists, results, votes or the whole catalog, for other programs",
    "fetch": "the sound of a video or a playlist, into a folder",
    "find": "songs by words",
    "albums": "albums by words",
    "similar": "songs that sound like a song or a recording",
    "recommend": "what goes with songs, playlists, albums, artists, votes",
    "radio": "songs without end that go with one",
    "path": "a walk from one song to another",
    "alchemy": "songs added and subtracted",
    "fingerprint": "a playlist from what a listener plays most",
    "playlist": "grow a playlist, or have it flow",
    "clusters": "songs and playlists that are alike, in groups",
    "serve": "the page, for your browser, and the HTTP API",
    "list": "songs, playlists, what was refused, duplicates",
    "vote": "say what you think of a song: love, like, okay, hate",
    "history": "what was played, skipped and searched for",
    "top": "the most played, most loved or newest of a time",
    "refresh": "fill the playlists that fill themselves and are due",
    "show": "one song with all that is known of it",
    "stats": "numbers about the library",
    "set": "correct what is known of a song",
    "describe": "have a language model write a few words about songs and albums",
    "join": "let two songs be one",
    "forget": "remove a song from the library (its file stays)",
    "reindex": "write the search index anew from the catalog",
    "runs": "what was done to the library",
    "undo": "take an import back",
    "models": "the encoders and their weights: list, pull",
    "config": "all settings, and where each comes from",
    "doctor": "what is installed, what is missing, how to mend it",
    "demo": "make a small library and try everything on it",
    "train": "learn from the library itself",
    "eval": "how good the ear is, beside baselines",
    "bench": "how fast it is, beside other ways",
}


class Commands(click.Group):
    """Commands are imported when they are called: `songkin find` need not know how to draw a benchmark."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the order of a first day with songkin."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"songkin.cli.{cmd_name}_").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in ``--help``, without importing any command."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="songkin")
@click.option("-L", "--library", metavar="DIR", help="The library's folder (also after the command).")
def songkin(library: str | None) -> None:
    """Find music by meaning and by sound in your own library."""


def run(arguments: list[str] | None = None) -> int:
    """Run a command line; returns the exit code: 0 done, 1 nothing could be done, 2 wrong usage, 130 interrupted."""
    words = sys.argv[1:] if arguments is None else arguments
    as_json = "--json" in words
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        result: Any = songkin.main(args=words, prog_name="songkin", standalone_mode=False)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        return _told(error.format_message(), _usage(error), as_json, 2)
    except (click.Abort, KeyboardInterrupt):
        return _told("Interrupted.", "", as_json, 130)
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except SongkinError as error:
        return _failed(error, as_json)
    return result if isinstance(result, int) else 0


def _failed(error: SongkinError, as_json: bool) -> int:
    code = 2 if isinstance(error, QueryError) and not isinstance(error, NotFound | Ambiguous) else 1
    candidates = error.candidates if isinstance(error, Ambiguous) else ()
    if as_json:
        told: dict[str, Any] = {"message": error.message, "remedy": error.remedy}
        if candidates:
            told["candidates"] = list(candidates)
        emit({"error": told})
        return code
    _told(error.message, error.remedy, False, code)
    for candidate in candidates[:20]:
        click.echo(f"  {printable(candidate)}", err=True)
    return code


def _usage(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f"See `{context.command_path} --help`." if context is not None else "See `songkin --help`."


def _told(message: str, remedy: str, as_json: bool, code: int) -> int:
    if as_json:
        emit({"error": {"message": message, "remedy": remedy}})
    else:
        click.echo(printable(f"{message} {remedy}".strip()), err=True)
    return code
