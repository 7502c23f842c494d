"""sys.exit in a thread ends that thread alone."""

import sys
import threading
import time

thread = threading.Thread(target=sys.exit, args=(3,))
thread.start()
thread.join()
time.sleep(1.5)
