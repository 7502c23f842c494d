# SPACEHANDLER.VIEW3D.DRAW
"""Draws thirds over the view, and the frame that is shown."""

from pynodes import app
from pynodes.app import draw2d

width, height = draw2d.size()
for i in (1, 2):
    draw2d.line(width * i / 3, 0, width * i / 3, height, (1, 1, 1, 0.5))
    draw2d.line(0, height * i / 3, width, height * i / 3, (1, 1, 1, 0.5))
draw2d.disc(width / 2, height / 2, 5, (1, 0.4, 0.1, 0.9))
draw2d.rect(6, 6, 120, 20, (0, 0, 0, 0.6))
draw2d.text(12, 12, f"frame {app.current_frame()}", (1, 0.9, 0.4))
