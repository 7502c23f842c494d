"""Threads that run other programs."""

import subprocess
import sys
import threading


def call() -> None:
    subprocess.run([sys.executable, "-c", "import time; time.sleep(1.5)"], check=True)


threads = [threading.Thread(target=call) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
