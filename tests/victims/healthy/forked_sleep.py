"""A child that sleeps, forked while another Python thread is there."""

import os
import threading
import time

threading.Thread(target=time.sleep, args=(2,), daemon=True).start()
child = os.fork()
if child == 0:
    time.sleep(1.5)
    os._exit(0)
os.waitpid(child, 0)
