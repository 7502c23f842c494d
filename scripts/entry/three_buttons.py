"""A window with three buttons: more and fewer discs, and a close button."""

from pynodes import app
from pynodes.app import draw2d, gui

count = 3


def draw():
    gui.push("More", 1)
    gui.push("Fewer", 2)
    gui.push("Close", 3)
    width, height = draw2d.size()
    for i in range(count):
        x = width * (i + 1) / (count + 1)
        draw2d.disc(x, height * 0.65, 14, (0.2 + 0.8 * i / count, 0.6, 0.9 - 0.6 * i / count))
    draw2d.text(170, 10, f"{count} discs", scale=2)


def button(number):
    global count
    if number == 3:
        app.exit()
        return
    count = count + 1 if number == 1 else max(0, count - 1)
    app.redraw()


app.register(draw, button=button)
