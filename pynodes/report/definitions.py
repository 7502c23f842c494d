"""What every figure of a report means, said once: beside the figure, and in the exports."""

from __future__ import annotations

RENDER_TIME = (
    "Render time is the time for a frame's tiles alone, from the first that is taken to the last"
    " that is done, by the host's monotonic clock. The start of Python, the scene script and the"
    " writing of the picture are not in it. The figure of a cell is the median of its runs;"
    " warm-up runs do not count, nor do runs that did not do all of the work."
)
SPEED_UP = (
    "Speed-up is the median render time on one thread divided by that on N threads, everything"
    " else equal. The interval holds the true ratio with 95 % confidence (paired bootstrap over the"
    " rounds). Efficiency is the speed-up divided by the threads."
)
FIT = (
    "The fitted line is the universal scalability law,"
    " S(N) = N / (1 + σ(N − 1) + κN(N − 1)). Contention σ is the share of the work"
    " that only one thread at a time can do; coherence κ is what each pair of threads costs by"
    " keeping out of each other's way. With κ above 0 the curve has a peak at √((1 − σ)/κ)"
    " threads. Amdahl's fraction is the serial share when κ is taken as 0."
)
THREAD_TIME = (
    "Thread time is render time multiplied by the threads, the median run of each cell. Bars of"
    " one length are perfect scaling; whatever is longer was lost. native: rays, native nodes and"
    " sampling, detached from Python. Python: attached, in node calls. Waiting: for the"
    " interpreter, before attaching. Not accounted for: the rest of the thread time, such as"
    " threads that had no tile left, or no core."
)
HEAT = (
    "Each run's picture is compared with that of one thread and the same settings. The number is"
    " how many pixels differ in at least one channel, of the worst run of the cell; below it, how"
    " many runs were wrong of how many."
)
MATRIX = (
    "Each run of a cell ends with a verdict. A square names the worst and counts the runs that"
    " ended so. Warm-up runs are in it: a crash there is a crash."
)
PICTURES = (
    "The reference is the picture of one thread. A difference picture shows where a picture"
    " differs from it: black is equal, brighter is further off, scaled so that the largest"
    " difference is white."
)
TIMELINE = (
    "One lane a render thread: what it did when. A traced render is slower than others by what"
    " writing the spans costs."
)

GLOSSARY = (
    ("cell", "one combination of the axes of a sweep; it is run several times, in rounds that go"
     " over all cells, so that a drift of the machine hits all alike"),
    ("engine", "where node calls run. shared: all threads in one interpreter. isolated: one"
     " interpreter with its own GIL for each thread. process: one worker process for each thread"),
    ("attach", "how long a render thread stays attached to Python: for a call, a row of samples,"
     " a tile, or its whole life; fresh makes and deletes a thread state for each call"),
    ("switch interval", "how long a thread may keep the GIL while others wait, in seconds;"
     " Python's own is 0.005"),
    ("node sharing", "own: each render thread has its own instance of each Python node. shared:"
     " one instance for all threads, as programs did it in 2008; its per-call pointers race"),
    ("spread", "the distance between the quartiles of a cell's runs, divided by the median"),
    ("verdict", "the one word for how a run ended: ok, node-error, wrong-image, crash, hang,"
     " interrupted, cannot-start"),
)  # fmt: skip
