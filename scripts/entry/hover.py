# CONSTRAINT
"""A constraint: its object hovers above the target, `height` over its middle."""

NUM_TARGETS = 1


def do_target(name, matrix, props):
    """The place above the target. Called once for each target."""
    matrix[2][3] += props.get("height", 1.0)
    return matrix


def do_constraint(matrix, targets, props):
    """The object's own turn and size, at the target's place."""
    for row in range(3):
        matrix[row][3] = targets[0][row][3]
    return matrix


def get_settings(props):
    """What `options` asks: a little higher each time, up to 3."""
    props["height"] = props.get("height", 1.0) % 2.9 + 0.1
    return props
