"""Templates whose words are put in when they are compiled: what a call always answers is asked once."""

import contextlib
from collections.abc import Callable
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.visitor import NodeTransformer


class Environment(jinja2.Environment):
    """An environment of one language. ``always`` are functions by name, whose answers hang on their arguments alone."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.always: dict[str, Callable[..., object]] = {}
        self.as_filter: dict[str, tuple[str, ...]] = {}
        """Functions that are filters of the same name, too, and which variables these take beside: calling a filter
        takes a tenth of what calling a function takes."""

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        parsed = super()._parse(source, name, filename)
        _Asked(self.always, self.as_filter).visit(parsed)
        return parsed


class _Asked(NodeTransformer):
    """Calls of such functions with nothing but constants become constants, others filters where they may."""

    def __init__(self, always: dict[str, Callable[..., object]], as_filter: dict[str, tuple[str, ...]]) -> None:
        self._always = always
        self._as_filter = as_filter

    def visit_Call(self, node: nodes.Call, *args: Any, **kwargs: Any) -> nodes.Node:  # noqa: N802 -- as the visitor names it
        """One call."""
        self.generic_visit(node, *args, **kwargs)
        plain = not node.kwargs and node.dyn_args is None and node.dyn_kwargs is None
        if not (plain and isinstance(node.node, nodes.Name)):
            return node
        name = node.node.name
        given = [argument.value for argument in node.args if isinstance(argument, nodes.Const)]
        if name in self._always and len(given) == len(node.args):
            with contextlib.suppress(LookupError):  # a file that was not built: the template asks for that first
                return nodes.Const(self._always[name](*given), lineno=node.lineno)
        if name in self._as_filter and len(node.args) == 1:
            beside = [nodes.Name(one, "load", lineno=node.lineno) for one in self._as_filter[name]]
            return nodes.Filter(node.args[0], name, beside, [], None, None, lineno=node.lineno)
        return node
