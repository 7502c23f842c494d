"""Says what the application is doing; the smallest script there is."""

import sys

from pynodes import app

words = " ".join(sys.argv[1:]) or "hello"
print(f"{words}: frame {app.current_frame()}, {app.tiles_done()} tiles rendered meanwhile")
