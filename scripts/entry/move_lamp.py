"""A script link that moves a lamp: once round the stage in 24 frames.

    pynodes render ../scenes/stage.py --script move_lamp.py --frames 1..24 --out 'lamp-##.png'

Run as a script it hangs itself on the lamp; run by the link, at every frame change, it moves it.
"""

from math import cos, radians, sin

from pynodes import app

if app.bylink:
    lamp = app.link
    angle = radians(15 * app.current_frame())
    lamp.location = (5 * cos(angle), 5 * sin(angle), 4.5)
else:
    app.scene.lamps[0].add_link("move_lamp.py", "FrameChanged")
