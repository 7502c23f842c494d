# SPACEHANDLER.VIEW3D.EVENT
"""Keeps the space key from the view; everything else goes on to it."""

from pynodes import app
from pynodes.app import codes

if app.event == codes.SPACE:
    app.event = None
    app.redraw("view3d")
