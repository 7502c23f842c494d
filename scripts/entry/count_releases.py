# SPACEHANDLER.VIEW3D.EVENT_ALL
"""Counts presses and releases. Its names are new each time; what is to last lives elsewhere."""

import sys

from pynodes import app

counts = sys.modules.setdefault("count_releases_state", type(sys)("count_releases_state"))
kind = "presses" if app.event_value else "releases"
setattr(counts, kind, getattr(counts, kind, 0) + 1)
