"""What the host calls: `work` on its own threads, `tick` on a library's.

This file may be copied, changed and used without any condition (MIT-0).
"""

import host  # built into the program


def work(item: int) -> float:
    """Give the result of one item.

    Several threads are in here at once, so it uses nothing that they share and change: with one GIL
    they switch between any two bytecodes, without one they run at the same time.
    """
    value = 0.0
    for k in range(1, 100):
        value += (item * k % 97) / k
    if item % 500 == 0:
        host.log(f"item {item}")
    return value


def tick(done: int) -> None:
    """Hear how many items are done."""
    host.log(f"{done} done")
