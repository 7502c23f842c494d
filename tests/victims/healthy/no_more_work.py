"""Waits for work that never comes."""

import queue
import threading

jobs: "queue.Queue[int]" = queue.Queue()
worker = threading.Thread(target=jobs.get, daemon=True)
worker.start()
worker.join()
