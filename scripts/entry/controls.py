"""One button of each kind, each with a callback of its own that gets the typed value."""

from pynodes import app
from pynodes.app import codes, draw2d, gui

values = {"on": False, "count": 4, "mix": 0.25, "shape": 0, "name": "ground"}
tint = (0.2, 0.5, 0.9)
SHAPES = ("sphere", "cube", "torus")


def keep(name):
    def change(number, value):
        values[name] = value
        app.redraw()

    return change


def paint(number, color):
    global tint
    tint = color
    app.draw_now()  # draw() runs inside of this callback


def draw():
    gui.toggle("On", values["on"], 1, keep("on"))
    gui.number("Count", values["count"], 2, keep("count"), low=0, high=20)
    gui.slider("Mix", values["mix"], 3, keep("mix"))
    gui.menu("Shape", SHAPES, values["shape"], 4, keep("shape"))
    gui.text("Name", values["name"], 5, keep("name"))
    gui.color("Tint", tint, 6, paint)
    gui.push("Choose a picture", 7, lambda number, value: app.image_selector(chosen))
    gui.push("Ask", 8, ask)
    for i in range(values["count"]):
        draw2d.rect(170 + 24 * (i % 6), 10 + 24 * (i // 6), 20, 20, (*tint, values["mix"]))


def chosen(path, size):
    values["name"] = f"{size[0]} x {size[1]}"
    app.file_selector(saved)  # a selector from the callback of another


def saved(path):
    values["name"] = path.rpartition("/")[2]
    app.redraw()


def ask(number, value):
    at = app.popup_menu("Shape", SHAPES)
    if at is None:
        return
    filled = app.popup_block("How many", {"count": values["count"]})
    values["shape"] = at
    if filled is not None:
        values["count"] = filled["count"]
    app.redraw()


def event(code, value):
    if code == codes.ESC and value:
        app.exit()


app.register(draw, event, size=(330, 220))
