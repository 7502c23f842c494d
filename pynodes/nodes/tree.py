"""Node trees: nodes, the links between them, and the surface that is seen.

    tree = NodeTree("tiles")
    coords = tree.add(native.TextureCoordinate)
    tiles = tree.add(Tilings, Scale=4)
    tree.link(coords.out.Generated, tiles.inp.Coords)
    tree.link(tiles.out.Color, tree.surface)

Values convert between socket types along links (see pynodes.nodes._value). A tree is built by one
thread; the host renders what it was when the scene was handed over.
"""

from __future__ import annotations

from pynodes.nodes._names import article, fold, out_of_range, unknown
from pynodes.nodes._order import Order, Place
from pynodes.nodes._unique import UniqueNames
from pynodes.nodes._value import RGBA, Value, literal
from pynodes.nodes.api import Node, Socket, check_class, construct
from pynodes.nodes.native import NativeNode, Param, ParamValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any, ClassVar, Generic, TypeGuard, TypeVar

NodeClass = type[Node] | type[NativeNode]


class _Socket:
    """An input or output of a node in a tree; `socket` is what the node declared."""

    __slots__ = ("index", "node", "socket")
    _noun: ClassVar[str]

    def __init__(self, node: TreeNode, index: int, socket: Socket) -> None:
        self.node = node
        self.index = index
        self.socket = socket

    @property
    def tree(self) -> NodeTree:
        return self.node.tree

    @property
    def type(self) -> int:
        return self.socket.type

    def __str__(self) -> str:
        return f"{self.node.name}.{self.socket.name}"

    def __repr__(self) -> str:
        return f"<{self._noun} {self} ({self.socket.type_name})>"


class OutSocket(_Socket):
    """An output of a node in a tree: where a link begins."""

    __slots__ = ()
    _noun = "output"


class InSocket(_Socket):
    """An input of a node in a tree: where one link may end; without a link it has a value."""

    __slots__ = ("_value", "source")
    _noun = "input"

    def __init__(self, node: TreeNode, index: int, socket: Socket) -> None:
        super().__init__(node, index, socket)
        self.source: OutSocket | None = None
        self._value: Value | None = None

    @property
    def value(self) -> Any:
        """What the input reads while nothing is linked to it, in the input's own type."""
        return self.socket.val if self._value is None else self._value

    @value.setter
    def value(self, value: Any) -> None:
        if self.source is not None:
            raise ValueError(
                f"input {self} is linked from {self.source}, so a value for it would not be used"
            )
        self._value = literal(value, self.socket.type, f"input {self}")

    @property
    def is_set(self) -> bool:
        """Was a value given, other than the declared default?"""
        return self._value is not None


class Surface:
    """Where the colour that is seen is linked to: `tree.surface`."""

    __slots__ = ("source", "tree")
    type = RGBA

    def __init__(self, tree: NodeTree) -> None:
        self.tree = tree
        self.source: OutSocket | None = None

    def __str__(self) -> str:
        return "surface"

    def __repr__(self) -> str:
        return f"<surface of tree {self.tree.name!r}>"


if TYPE_CHECKING:
    S = TypeVar("S", InSocket, OutSocket)
else:
    S = None

    class Generic:
        """As much of typing's as is needed while running."""

        __slots__ = ()

        def __class_getitem__(cls, of):
            return cls


class Sockets(Generic[S]):
    """One side of a node in a tree: `.Name`, `["Name"]` or `[0]`."""

    __slots__ = ("_noun", "_owner", "_sockets")
    _sockets: tuple[S, ...]
    _owner: TreeNode
    _noun: str

    def __init__(self, owner: TreeNode, noun: str, sockets: tuple[S, ...]) -> None:
        object.__setattr__(self, "_owner", owner)
        object.__setattr__(self, "_noun", noun)
        object.__setattr__(self, "_sockets", sockets)

    def _names(self) -> list[str]:
        return [each.socket.name for each in self._sockets]

    def __getattr__(self, name: str) -> S:
        if name in self._names():
            return self[name]
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(unknown(self._owner.name, self._noun, name, self._names()))

    def __setattr__(self, name: str, value: object) -> None:
        getattr(self, name)
        help = f"set .inp.{name}.value or " if self._noun == "input" else ""
        raise AttributeError(f"{self._owner.name}.{name} cannot be replaced; {help}use tree.link()")

    def __getitem__(self, key: str | int) -> S:
        if isinstance(key, str):
            for each in self._sockets:
                if each.socket.name == key:
                    return each
            raise KeyError(unknown(self._owner.name, self._noun, key, self._names()))
        if not isinstance(key, int):
            raise TypeError(
                f"{self._noun}s of {self._owner.name} are asked for by name or number,"
                f" not by {article(key)}"
            )
        if not 0 <= key < len(self._sockets):
            raise IndexError(out_of_range(self._owner.name, self._noun, key, self._names()))
        return self._sockets[key]

    def __iter__(self) -> Iterator[S]:
        return iter(self._sockets)

    def __len__(self) -> int:
        return len(self._sockets)

    def __dir__(self) -> list[str]:
        return self._names()

    def __repr__(self) -> str:
        return f"<{self._noun}s of {self._owner.name}: {', '.join(self._names())}>"


class TreeNode:
    """A node in a tree: `inp` and `out` are its sockets.

    `options` are the keyword arguments for `__init__` of a Python node; `params` the parameters
    given to a native one.
    """

    __slots__ = ("cls", "inp", "name", "options", "out", "params", "place", "tree")

    def __init__(
        self,
        tree: NodeTree,
        name: str,
        cls: NodeClass,
        inputs: tuple[Socket, ...],
        outputs: tuple[Socket, ...],
        options: dict[str, Any],
        params: dict[str, ParamValue],
    ) -> None:
        self.place = Place(self)
        self.tree = tree
        self.name = name
        self.cls = cls
        self.options = options
        self.params = params
        self.inp: Sockets[InSocket] = Sockets(
            self, "input", tuple(InSocket(self, i, each) for i, each in enumerate(inputs))
        )
        self.out: Sockets[OutSocket] = Sockets(
            self, "output", tuple(OutSocket(self, i, each) for i, each in enumerate(outputs))
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        for side, sockets in (("inp", self.inp), ("out", self.out)):
            if fold(name) in map(fold, dir(sockets)):
                raise AttributeError(
                    f"{self.name} has no attribute {name!r}; did you mean .{side}.{name}?"
                )
        raise AttributeError(unknown(self.name, "attribute", name, _SHOWN))

    def __repr__(self) -> str:
        return f"<node {self.name!r} of tree {self.tree.name!r}>"


_SHOWN = [each for each in TreeNode.__slots__ if each != "place"]


class NodeTree:
    """Nodes and links; what is linked to `surface` is the colour of the object with the tree."""

    __slots__ = ("__weakref__", "_names", "_nodes", "_order", "_surface", "name")

    def __init__(self, name: str = "tree") -> None:
        if not isinstance(name, str) or not name:
            raise TypeError(f"NodeTree: name must be text, got {article(name)}")
        self.name = name
        self._nodes: list[TreeNode] = []
        self._names = UniqueNames()
        self._order = Order()
        self._surface = Surface(self)

    @property
    def nodes(self) -> tuple[TreeNode, ...]:
        """The nodes in the order they were added."""
        return tuple(self._nodes)

    @property
    def surface(self) -> Surface:
        """The end of the link that gives the colour; any type converts to it."""
        return self._surface

    def add(self, cls: Any, /, name: str | None = None, **given: Any) -> TreeNode:
        """Add a node of a class and return it.

        Args:
            cls: a class deriving from Node, or a native kind such as native.Mix.
            name: for messages; unique in the tree. Default: the class's name, numbered when taken.
            given: keyword arguments of the class's `__init__` beyond `sockets` (native kinds: their
                parameters); any other must name an input, exactly or ignoring case and with `_`
                for a space, and sets its value.
        Raises:
            TypeError: not a node class; or a keyword that is neither, listing both kinds of names.
            ValueError: the name is taken, or a value is out of range.
        """
        options: dict[str, Any] = {}
        params: dict[str, ParamValue] = {}
        if isinstance(cls, type) and issubclass(cls, Node):
            check_class(cls)
            options, rest = _split_options(cls, given)
            _, inputs, outputs = construct(cls, options)
            own = list(option_defaults(cls))
        elif _is_native_kind(cls):
            params, rest = _split_params(cls, given)
            inputs, outputs = cls.inputs, cls.outputs
            own = [each.name for each in cls.params]
        else:
            help = "; pass the class itself" if isinstance(cls, Node) else ""
            raise TypeError(f"add() takes a node class, got {article(cls)}{help}")
        node = TreeNode(self, self._new_name(cls, name), cls, inputs, outputs, options, params)
        for key, value in rest.items():
            _input_named(node, key, own).value = value
        self._nodes.append(node)
        self._names.take(node.name)
        self._order.append(node.place)
        return node

    def link(self, source: OutSocket, target: InSocket | Surface) -> None:
        """Let an output feed an input, or the tree's surface.

        Raises:
            TypeError: not an output and an input.
            ValueError: sockets of different trees, an input that is linked already, or a cycle.
        """
        _check_ends(source, target)
        if source.tree is not target.tree:
            raise ValueError(
                f"cannot link {source} of tree {source.tree.name!r} to {target} of tree"
                f" {target.tree.name!r}: both ends must be in one tree"
            )
        if source.tree is not self:
            raise ValueError(
                f"cannot link {source} to {target} here: both are in tree {source.tree.name!r},"
                f" and this is tree {self.name!r}"
            )
        if target.source is not None:
            raise ValueError(
                f"cannot link {source} to {target}: {target} is already linked from {target.source}"
            )
        if isinstance(target, InSocket) and not self._order.link(source.node.place, target):
            way = _names_of([*_path(target.node, source.node), target.node])
            raise ValueError(f"linking {source} to {target} would close a cycle: {way}")
        target.source = source

    def _new_name(self, cls: NodeClass, name: str | None) -> str:
        if name is None:
            return self._names.find(cls.__name__)
        if not isinstance(name, str) or not name:
            raise TypeError(f"add(): a node's name must be text, got {article(name)}")
        if name in self._names:
            raise ValueError(f"tree {self.name!r} has a node named {name!r} already")
        return name

    def __repr__(self) -> str:
        return f"<tree {self.name!r}: {len(self._nodes)} nodes>"


def _is_native_kind(cls: Any) -> TypeGuard[type[NativeNode]]:
    return isinstance(cls, type) and issubclass(cls, NativeNode) and cls is not NativeNode


def _check_ends(source: Any, target: Any) -> None:
    """Raise TypeError, naming both ends, unless a link can go from `source` to `target`."""
    if isinstance(source, OutSocket) and isinstance(target, InSocket | Surface):
        return
    ends = f"{_end(source)} to {_end(target)}"
    if isinstance(source, InSocket | Surface) and isinstance(target, OutSocket):
        help = "a link goes from an output to an input, so swap them"
    elif isinstance(source, TreeNode):
        help = f"name an output: {', '.join(f'.out.{s.socket.name}' for s in source.out) or 'none'}"
    elif isinstance(target, TreeNode):
        help = f"name an input: {', '.join(f'.inp.{s.socket.name}' for s in target.inp) or 'none'}"
    elif isinstance(target, NodeTree):
        help = "name its surface: .surface"
    elif isinstance(target, OutSocket):
        help = "the second end must be an input (node.inp.NAME) or tree.surface"
    else:
        help = "a link goes from node.out.NAME to node.inp.NAME or tree.surface"
    raise TypeError(f"cannot link {ends}: {help}")


def _end(thing: Any) -> str:
    if isinstance(thing, OutSocket | InSocket):
        return repr(thing)[1:-1]
    if isinstance(thing, Surface):
        return f"the surface of tree {thing.tree.name!r}"
    if isinstance(thing, TreeNode):
        return f"node {thing.name}"
    return article(thing)


def _path(start: TreeNode, goal: TreeNode) -> list[TreeNode]:
    """Nodes from `start` along links to `goal`, both included, by the shortest way there is."""
    onward: dict[int, TreeNode | None] = {id(goal): None}
    nodes = [goal]  # it grows while it is gone through
    for node in nodes:
        if node is start:
            break
        for each in node.inp:
            if each.source is not None and id(each.source.node) not in onward:
                onward[id(each.source.node)] = node
                nodes.append(each.source.node)
    way, at = [start], onward[id(start)]
    while at is not None:
        way.append(at)
        at = onward[id(at)]
    return way


def _names_of(way: list[TreeNode]) -> str:
    """A way in words; of a long one both ends."""
    names = [each.name for each in way]
    if len(names) > 12:
        names[6:-5] = [f"({len(names) - 11} more)"]
    return " -> ".join(names)


REQUIRED: Any = type("REQUIRED", (), {})()
"""The default of a parameter that has none."""

_KINDS = ("positional", "either", "*", "keyword", "**")
_Function = type(fold)


def parameters(function: Callable[..., Any]) -> list[tuple[str, str, Any]]:
    """(name, how it is passed: one of _KINDS, default or REQUIRED) of each, as inspect orders them.

    Raises:
        ValueError: Python does not know them.
    """
    if type(function) is not _Function or vars(function):  # it may wrap another, for instance
        import inspect

        return [
            (p.name, _KINDS[p.kind], REQUIRED if p.default is p.empty else p.default)
            for p in inspect.signature(function).parameters.values()
        ]
    code = function.__code__
    names = iter(code.co_varnames)
    defaults = function.__defaults__ or ()
    defaults = (REQUIRED,) * (code.co_argcount - len(defaults)) + defaults
    found = [
        (next(names), "either" if i >= code.co_posonlyargcount else "positional", default)
        for i, default in enumerate(defaults)
    ]
    by_keyword = function.__kwdefaults__ or {}
    keywords = [next(names) for _ in range(code.co_kwonlyargcount)]
    if code.co_flags & 0x04:  # inspect.CO_VARARGS
        found.append((next(names), "*", REQUIRED))
    found += [(name, "keyword", by_keyword.get(name, REQUIRED)) for name in keywords]
    if code.co_flags & 0x08:  # inspect.CO_VARKEYWORDS
        found.append((next(names), "**", REQUIRED))
    return found


def _init_parameters(cls: type[Node]) -> list[tuple[str, str, Any]]:
    """Parameters of `__init__` after `self` and `sockets`."""
    return [] if cls.__init__ is Node.__init__ else parameters(cls.__init__)[2:]


def option_defaults(cls: type[Node]) -> dict[str, Any]:
    """Keyword arguments of `__init__`, with their defaults (REQUIRED: none)."""
    return {
        name: default
        for name, kind, default in _init_parameters(cls)
        if kind in ("keyword", "either")
    }


def _split_options(
    cls: type[Node], given: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Keywords for `__init__`, and the rest. An `__init__` with **keywords takes them all."""
    if any(kind == "**" for _, kind, _ in _init_parameters(cls)):
        return dict(given), {}
    own = option_defaults(cls)
    rest = dict(given)
    return {key: rest.pop(key) for key in given if key in own}, rest


def _split_params(
    cls: type[NativeNode], given: Mapping[str, Any]
) -> tuple[dict[str, ParamValue], dict[str, Any]]:
    by_folded: dict[str, Param] = {fold(each.name): each for each in cls.params}
    params: dict[str, ParamValue] = {}
    rest: dict[str, Any] = {}
    for key, value in given.items():
        param = by_folded.get(fold(key))
        if param is None:
            rest[key] = value
        else:
            params[param.name] = param.checked(value, cls.__name__)
    return params, rest


def _input_named(node: TreeNode, key: str, own: list[str]) -> InSocket:
    """The input a keyword means."""
    folded = [each for each in node.inp if fold(each.socket.name) == fold(key)]
    exact = [each for each in folded if each.socket.name == key]
    if exact:
        return exact[0]
    if len(folded) == 1:
        return folded[0]
    names = [each.socket.name for each in node.inp]
    if folded:
        like = ", ".join(each.socket.name for each in folded)
        raise TypeError(f"{node.cls.__name__} has several inputs like {key!r}: {like}")
    noun = "parameter" if issubclass(node.cls, NativeNode) else "option"
    options = f"{noun}s: {', '.join(own)}" if own else f"it has no {noun}s"
    both = unknown(node.cls.__name__, "input", key, names)
    raise TypeError(f"{both}; {options}")
