"""What every figure of a report means, said once: next to the figure, and in the exports."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from pynodes.model.figures import METRICS
from pynodes.options.table import rows_of
from pynodes.sweep.stats import DEFINITIONS


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a figure shows: in a sentence, and exactly."""

    short: str
    whole: str


_MEANS = {key: row.definition for key, row in METRICS.items()}

RENDER_TIME = Meaning(
    "The time of a frame on the render threads alone.",
    f"Render time: {_MEANS['render_s']}, by the host's monotonic clock. The start of Python,"
    " the scene script and the writing of the picture are not in it. Each figure is the median:"
    f" {DEFINITIONS['median']}; runs that did not do all of the work do not count. Spread:"
    f" {DEFINITIONS['spread']}.",
)
COMMAND_TIME = Meaning(
    "The time of a run, from its start to its end.",
    f"Time: {_MEANS['wall_s']}, by the clock of the program that starts it. Each figure is the"
    f" median: {DEFINITIONS['median']}; runs that did not end well do not count. Spread:"
    f" {DEFINITIONS['spread']}.",
)
SPEED_UP = Meaning(
    "On the left the time, with the range of the runs; on the right how many times as fast that is"
    " as the best of the fewest threads. There the bars hold the true ratio with 95 % confidence,"
    " and the dotted line is what as many threads could give at most.",
    "Speed-up: the time of the fastest cell with the fewest threads that does the same work,"
    " divided by the time of this one; both medians. Against itself:"
    f" {DEFINITIONS['speed-up']}. Interval: {DEFINITIONS['interval']}. Efficiency:"
    f" {DEFINITIONS['efficiency']}.",
)
FIT = Meaning(
    "The dashed line is the universal scalability law, fitted to five points or more.",
    f"Fit: {DEFINITIONS['USL']}. Peak: {DEFINITIONS['peak']}. Amdahl's serial part:"
    f" {DEFINITIONS['Amdahl']}.",
)
THREAD_TIME = Meaning(
    "Bars of one length are perfect scaling; what makes a bar longer is what was lost.",
    "Thread time: render time multiplied by the threads, of the median run of each cell. Native:"
    f" {_MEANS['native_s']}. Python: {_MEANS['python_s']}. Waiting: {_MEANS['wait_s']}."
    " Off the processor: the part of native and Python time that is no processor time, in which a"
    " thread waited for a core, slept in a node, or was forced off by CPython inside a call."
    " Without a tile: the rest, in which a thread's interpreter was still being made, or all tiles"
    " were taken.",
)
COMMAND_THREAD_TIME = Meaning(
    "Bars of one length are perfect scaling; what makes a bar longer is what was lost.",
    "Thread time: time multiplied by the number of threads that the command was given, of the"
    f" median run of each cell. On the processor: {_MEANS['cpu_s']}. Waiting for the interpreter,"
    " where it was asked for: from wanting to attach to being attached, of all threads. Off the"
    " processor: the rest, in which a thread waited for something else, or for a core, or was not"
    " there.",
)
DECISION = Meaning(
    "Each way at the number of threads that serves it best. Best is what no other way beats, as far"
    " as these runs can tell.",
    f"Time: the median, and the range of the runs. Against the fastest: the ratio of the medians,"
    f" with the interval. Interval: {DEFINITIONS['interval']}. Memory: {_MEANS['peak_mib']},"
    " times the number of workers, who share some; the median and the range; within 5 % of the"
    " least is best too. Survives a crash: whether the"
    " picture is finished when a node ends its process; of engine process another worker renders"
    " the tile again, all others end with the host.",
)
HEAT = Meaning(
    "How many pixels differ from the picture of one thread, in the worst run of a cell; below it,"
    " how many of its runs were wrong.",
    "Each run's picture is compared with that of one thread and the same settings, value by value"
    " and without tolerance. A pixel differs when one of its channels does.",
)
MATRIX = Meaning(
    "A square names the worst verdict of a cell and counts the runs that ended so.",
    "Each run ends with one verdict: ok, node-error (a node raised), wrong-image (it differs from"
    " that of one thread), crash (the host died), hang (it did not end in time), cannot-start,"
    " interrupted. Warm-up runs are in it: a crash there is a crash.",
)
PICTURES = Meaning(
    "The picture of one thread, and where wrong ones differ from it.",
    "A difference picture shows the reference in dark grey, and on it the pixels that differ:"
    " yellow a little, red as far as the furthest.",
)
TIMELINE = Meaning(
    "One lane a render thread: what it did when.",
    "From one traced render. Writing the spans costs time, so it is somewhat slower than others.",
)

CELL_TIMELINE = Meaning(
    "One lane a render thread: what it did when, in a run of its own that no figure counts.",
    "Kept by --trace-cells: one more run of each cell, after all others. Writing the spans costs"
    " time, so it is somewhat slower than those. The files lie beside the results, and open in"
    " Perfetto or chrome://tracing.",
)

_OPTIONS = ("engine", "attach", "switch-interval", "node-sharing")

_GLOSSARY = {
    "cell": (
        "one combination of the axes of a sweep; it is run several times, in rounds that go"
        " over all cells, so that a drift of the machine hits all alike"
    ),
    "fastest": (
        "the lowest median render time; of several numbers of threads that the runs do not"
        " distinguish, and that differ by less than 5 %, the lowest"
    ),
    "verdict": (
        "the one word for how a run ended: ok, node-error, wrong-image, crash, hang,"
        " interrupted, cannot-start"
    ),
}


def glossary(axes: Collection[str]) -> dict[str, str]:
    """The words of a report, with the options that its sweeps vary."""
    options = [row for row in rows_of() if row.name in _OPTIONS or row.name in axes]
    return {**_GLOSSARY, **{row.name.replace("-", " "): row.help for row in options}}
