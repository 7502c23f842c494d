"""A forked child waits for a thread that is in its parent only."""

from __future__ import annotations

from pynodes.diagnose.evidence import Evidence
from pynodes.diagnose.finding import Findings, finding, where
from pynodes.diagnose.rules._stuck import kept_states


def find(evidence: Evidence) -> Findings:
    for state in kept_states(evidence):
        if state.alive or not evidence.is_forked:
            continue
        if any(gone.tid == state.tid for gone in evidence.ended):
            continue  # it lived in this process, and ended
        sure = state.tid in evidence.elsewhere
        for thread in evidence.waiting:
            if thread.place is None:
                continue
            yield finding(
                thread,
                "a forked child attaches, but the thread that was attached is in the parent only",
                f"fork copied the calling thread alone; the GIL was held by thread {state.tid} of"
                " the parent, and in the child nobody is there to release it",
                f"no Python in the child{where(thread.place)}: exec at once; or fork attached,"
                " between PyOS_BeforeFork and PyOS_AfterFork_Child",
                ("waits, in the child:", thread.title, thread.chain()),
                ("held by:", f"thread {state.tid} of the parent", "not copied by fork"),
                sure=sure,
                unless=()
                if sure
                else ("a thread of the child attached and ended without a release",),
            )
            break
