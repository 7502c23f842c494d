"""Four threads log through one handler whose stream is slow."""

import logging
import threading
import time

END = time.monotonic() + 1.5


class Slow:
    def write(self, text: str) -> None:
        time.sleep(0.004)

    def flush(self) -> None:
        pass


logging.basicConfig(stream=Slow(), level=logging.INFO)


def serve() -> None:
    while time.monotonic() < END:
        logging.info("a request was served")


threads = [threading.Thread(target=serve) for _ in range(4)]
for each in threads:
    each.start()
for each in threads:
    each.join()
