# CONSTRAINT
"""hover.py as somebody might edit it: the object also keeps half of its own place."""

NUM_TARGETS = 1


def do_target(name, matrix, props):
    """The place above the target. Called once for each target."""
    matrix[2][3] += props.get("height", 1.0)
    return matrix


def do_constraint(matrix, targets, props):
    """Half way between the object's own place and the target's."""
    for row in range(3):
        matrix[row][3] = (matrix[row][3] + targets[0][row][3]) / 2
    return matrix


def get_settings(props):
    """What `options` asks: a little higher each time, up to 3."""
    props["height"] = props.get("height", 1.0) % 2.9 + 0.1
    return props
