"""Options of the commands that read and write stored results."""

from __future__ import annotations

from pynodes.cli.options import value_option
from pynodes.model.figures import METRICS
from pynodes.options.kinds import Words
from pynodes.options.places import File
from pynodes.store.schema import DATABASE

metric_option = value_option(
    Words(METRICS),
    "--metric",
    help="Which figure.  [default: render_s, of commands wall_s]",
)
db_option = value_option(File(), "--db", default=DATABASE, help="Where results are stored.")
