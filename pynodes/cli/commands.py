"""The table of commands, and the page of `pynodes --help` made of it. Standard library only: it is
all that help loads, besides the form of a page.
"""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pynodes.cli.page import Page, Section

_RENDER = "Render"
_MEASURE = "Measure"
_PROGRAMS = "Programs that embed Python"
_SET_UP = "Set up"


class Entry(NamedTuple):
    """A command. Its help is the first line of the command's own help (a test compares them)."""

    module: str
    help: str
    group: str


COMMANDS = {
    "render": Entry("pynodes.cli.render", "Render a scene script, or a file with a node.", _RENDER),
    "nodes": Entry("pynodes.cli.nodes", "List the nodes there are, with their sockets.", _RENDER),
    "run": Entry("pynodes.cli.run", "Run Python scripts inside the host.", _RENDER),
    "replay": Entry("pynodes.cli.replay", "Play a list of events, also beside a render.", _RENDER),
    "sweep": Entry(
        "pynodes.cli.sweep",
        "Measure scenes, or any command, for every combination of options.",
        _MEASURE,
    ),
    "results": Entry(
        "pynodes.cli.results", "List, show, export, merge and prune stored results.", _MEASURE
    ),
    "compare": Entry(
        "pynodes.cli.compare",
        "Compare two sweeps, or two parts of one, cell by cell.",
        _MEASURE,
    ),
    "report": Entry(
        "pynodes.cli.report", "Write stored sweeps as one HTML page, with plots.", _MEASURE
    ),
    "predict": Entry(
        "pynodes.cli.predict", "Say what a stored sweep would do on more cores.", _MEASURE
    ),
    "diagnose": Entry(
        "pynodes.cli.diagnose",
        "Say what is wrong between a program's threads and Python.",
        _PROGRAMS,
    ),
    "check": Entry(
        "pynodes.cli.check",
        "Watch all calls of Python, and name what does no harm yet.",
        _PROGRAMS,
    ),
    "trace": Entry(
        "pynodes.cli.trace",
        "Show who has Python in a program, who waits for it, and why.",
        _PROGRAMS,
    ),
    "lint": Entry(
        "pynodes.cli.lint",
        "Read C and C++ sources for paths that go wrong with Python.",
        _PROGRAMS,
    ),
    "repro": Entry("pynodes.cli.repro", "Run known mistakes in embedding Python.", _PROGRAMS),
    "template": Entry(
        "pynodes.cli.template",
        "Write a small host of your own to start from, in C and C++.",
        _PROGRAMS,
    ),
    "doctor": Entry(
        "pynodes.cli.doctor", "Check that everything needed is here and works.", _SET_UP
    ),
    "hosts": Entry(
        "pynodes.cli.hosts",
        "List the hosts there are, build one for another Python, remove it.",
        _SET_UP,
    ),
    "config": Entry("pynodes.cli.config", "Show what is configured, and where.", _SET_UP),
    "completion": Entry(
        "pynodes.cli.completion",
        "Print the script that makes a shell complete pynodes.",
        _SET_UP,
    ),
    "help": Entry("pynodes.cli.help", "Show the help of a command.", _SET_UP),
}

HELP_NAMES = ("-h", "--help")
HELP_HELP = "Show this message and exit."
VERSION_NAMES = ("-V", "--version")
VERSION_HELP = "Show the versions of package, Python, host and compiler."

NO_CONFIG_NAME = "--no-config"
NO_CONFIG_HELP = "Leave configuration files and options in PYNODES_* variables aside."

ABOUT = "Render scenes through Python nodes, on as many threads as you like."
EXAMPLES = (
    ("pynodes render scene.py -o out.png", "a picture, on all cores"),
    ("pynodes sweep scene.py -t 1,2,4 --engine all", "which engine, how many threads?"),
    ("pynodes diagnose -- ./my_program", "why does my program hang or crash?"),
)
EPILOG = (
    "`pynodes help COMMAND` explains one. Exit status: 0 as asked, 1 finished but not well,"
    " 2 usage, 3 cannot start, 4 crash, 5 hang, 70 a fault of pynodes, 74 refused by the"
    " system (memory, disk, descriptors, stdout), 130 interrupted, 141 nobody reads stdout."
)


def command_sections() -> "list[Section]":
    """The commands, by group."""
    from pynodes.cli.page import Section

    groups = dict.fromkeys(entry.group for entry in COMMANDS.values())
    return [
        Section(
            group,
            [(name, entry.help) for name, entry in COMMANDS.items() if entry.group == group],
        )
        for group in groups
    ]


def top_page() -> "Page":
    """What `pynodes --help` shows."""
    from pynodes.cli.page import Page, Section

    options = (
        (VERSION_NAMES, VERSION_HELP),
        ((NO_CONFIG_NAME,), NO_CONFIG_HELP),
        (HELP_NAMES, HELP_HELP),
    )
    entries = [(", ".join(names), text) for names, text in options]
    return Page(
        "pynodes",
        "[OPTIONS] COMMAND [ARGS]...",
        (ABOUT,),
        EXAMPLES,
        [*command_sections(), Section("Options", entries)],
        EPILOG,
    )
