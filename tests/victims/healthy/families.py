"""Children that crash, and a parent that looks at how: one that waits for stops too, and one of two
children that crash at the same moment."""

import os
import signal
import sys

signals = []
signal.signal(signal.SIGCHLD, lambda number, frame: signals.append(number))


def child(go: int) -> int:
    pid = os.fork()
    if pid == 0:
        os.close(ends[1])
        os.read(go, 1)  # ends with the pipe
        os.abort()
    return pid


ends = os.pipe()
pids = [child(ends[0]) for _ in range(int(sys.argv[1]))]
os.close(ends[0])
os.close(ends[1])
for pid in pids:
    _, status = os.waitpid(pid, os.WUNTRACED | os.WCONTINUED)
    print("stopped" if os.WIFSTOPPED(status) else f"signal {os.WTERMSIG(status)}")
print(len(signals) <= len(pids))
