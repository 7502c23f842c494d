"""Has an extension module count references as it may, on this thread and in two others at once."""

import sys
import threading

sys.path.insert(0, sys.argv[1])
import abacus


def survey() -> None:
    for _ in range(20):
        abacus.count(object())


threads = [threading.Thread(target=survey) for _ in range(2)]
for thread in threads:
    thread.start()
survey()
for thread in threads:
    thread.join()
