"""PLCopen XML: the drawn bodies LD and FBD -> Structured Text.

What writes (coils, output variables, calls of blocks, RETURN) becomes a statement, in the order of
`executionOrderId` where it is given, then from top to bottom and from left to right; the calls that it needs
stand before it, unless their number is a later one: then what they gave in the scan before is read. What has
an `edge` gets an R_TRIG or F_TRIG of its own; what several others read is kept in a variable of its own, if
its type is known, so that it is worked out once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from commissioning.model.element import Element
from commissioning.plc.plcopen.boxes import ResultTypes, called, only_computes
from commissioning.plc.plcopen.interface import Unreadable, data_of
from commissioning.plc.plcopen.jumps import Jumps
from commissioning.plc.plcopen.several_outputs import call_of_several, outputs_read, several, variables_for
from commissioning.plc.plcopen.translation import MAX_LENGTH, Translation
from commissioning.plc.plcopen.wires import (
    Places,
    assigned_outputs,
    connections,
    enable_input,
    instance_of,
    negated,
    operand,
    refuse_modifiers,
    stored,
    target,
    uses_of,
    variables,
)

_MAX_DEPTH = 60
_EDGES = {"rising": "R_TRIG", "falling": "F_TRIG"}
_WRITERS = ("coil", "outVariable", "inOutVariable", "block", "return", "jump")


class Network(Translation):
    """One drawn body. `types`: what is known of variables and functions, by upper-case name -> type."""

    def __init__(self, body: Element, types: Mapping[str, str], taken: set[str], stateless: bool) -> None:
        super().__init__(taken, stateless)
        self.body, self.types = body, types
        self.nodes: dict[str, Element] = {}
        self.connectors: dict[str, Element] = {}
        self.uses = uses_of(body)
        self.results = ResultTypes(types, self.nodes)
        self._known: dict[tuple[str, str], str] = {}
        self._called: set[str] = set()
        self._enabled: dict[str, str] = {}
        self._several: dict[str, dict[str, str]] = {}  # what functions with several outputs gave
        self._busy: list[str] = []
        self._feedback: dict[tuple[str, str], str] = {}
        self.jumps = Jumps()
        self.places = Places(body)
        self._now = 0  # the number of what is being written, 0 where it has none
        for node in body.children:
            refuse_modifiers(node)
            if node.get("localId"):
                if node.get("localId") in self.nodes:
                    raise Unreadable(f"two elements have the localId {node.get('localId')}", node)
                self.nodes[node.get("localId")] = node
            if node.tag == "connector":
                self.connectors[node.get("name")] = node
        instances = [instance_of(node, types).upper() for node in body.all("block")]
        self.shared = {name for name, count in Counter(instances).items() if name and count > 1}
        self.reads: dict[str, list[str]] = {}  # the outputs that somebody reads, by localId
        for identity, formal in self.uses:
            self.reads.setdefault(identity, []).append(formal)

    def translate(self) -> None:
        """Fills `statements` and `hidden`. Raises Unreadable with the element that cannot be translated."""
        for node in sorted(self.nodes.values(), key=self.places.order):
            if node.tag in _WRITERS:
                self._now = self.places.number(node)
                self._write(node)
            elif node.tag == "label":
                self.jumps.label(node, len(self.statements))
                self._known.clear()  # what was worked out above may have been jumped over
                self._several.clear()
            elif node.tag in ("step", "transition", "macroStep", "actionBlock"):
                raise Unreadable(f"a {node.tag} belongs to a sequential function chart", node)
        self.statements = self.jumps.joined(self.statements, self.body, self._new_name)

    # ---- what writes ---------------------------------------------------------------------------------

    def _write(self, node: Element) -> None:
        if node.tag == "block":
            self._block(node)
        elif node.tag == "jump":
            condition = negated(self.input(node), node) if any(connections(node)) else "TRUE"
            self.jumps.jump(node, len(self.statements), condition)
            self._say("", node)
        elif node.tag == "return":
            self._say(f"IF {self.input(node)} THEN RETURN; END_IF;", node)
        elif node.tag == "coil":
            self._coil(node)
        else:
            self._write_through(node)

    def _write_through(self, node: Element) -> None:
        """Writes a variable that something is wired to, once; one that is read further on (inOutVariable) is
        written before that."""
        identity = node.get("localId")
        if identity in self._called or not any(connections(node)):
            return
        self._called.add(identity)
        self._enter(node)
        written = target(node.child("expression"), node)
        value, enable = self._assigned(node)
        self._busy.pop()
        text = self._writing(written, value, node)
        self._say(f"IF {enable} THEN {text} END_IF;" if enable else text, node)

    def _assigned(self, node: Element) -> tuple[str, str]:
        """The value of an output variable, and the condition on which it is written ("" always)."""
        wires = list(connections(node))
        if len(wires) == 1:
            source = self.nodes.get(wires[0].get("refLocalId"))
            is_call = source is not None and source.tag == "block" and not instance_of(source, self.types)
            is_call = is_call and source is not None and not self._is_later(source)
            if source is not None and is_call and enable_input(source) is not None:
                formal = wires[0].get("formalParameter")
                kind = self.results.of(source, formal)
                if formal.upper() != "ENO" and kind != "BOOL":
                    self._call_enabled(source)
                    key = source.get("localId"), formal
                    shared = kind is not None and (self.uses[key] > 1 or key in self._known)
                    value = self.input(node) if shared else self._result(source, formal)
                    return value, self._enabled[source.get("localId")]
        return self.input(node), ""

    def _coil(self, node: Element) -> None:
        variable = target(node.child("variable"), node)
        if not any(connections(node)):
            self._say(f"(* nothing is connected to the coil {variable.replace('*', '')} *)", node)
            return
        used = (node.get("localId"), "") in self.uses  # what comes behind gets the same power
        power = self._given(node, "", keep=True) if used else self.input(node)
        self._say(self._writing(variable, power, node), node)

    def _writing(self, variable: str, value: str, node: Element) -> str:
        """The statement of a coil or output variable, which may act on an edge, set or reset."""
        kind = _EDGES.get(node.get("edge") or node.get("edgeIn"))
        value = negated(self._edge(kind, value, node) if kind else value, node, "negatedIn")
        storage = node.get("storage") or node.get("storageIn")
        return stored(variable, value, storage)

    def _block(self, node: Element) -> None:
        """Calls a block, or a function that nobody reads; then what its outputs are assigned to."""
        identity = node.get("localId")
        if identity in self._called:
            return
        read = outputs_read(node, self.reads.get(identity, ()))
        pure = only_computes(node.get("typeName"), self.types)
        code = next((item for item in data_of(node) if item.tag == "STCode"), None)
        if node.get("typeName").upper() == "EXECUTE" and code is not None:
            self._call_enabled(node)
            enable = self._enabled[identity] or "TRUE"
            self._say(f"IF {enable} THEN\n{code.text}\nEND_IF;", code)
        elif instance_of(node, self.types):
            self._call(node)
        elif pure and not read and identity not in self.reads:
            self._say(f"(* nobody reads this {node.get('typeName')} *)", node)
        elif not pure and not read:
            self._call_enabled(node)
            text, enable = f"{called(node, self._arguments(node), self.types)};", self._enabled[identity]
            self._say(f"IF {enable} THEN {text} END_IF;" if enable else text, node)
        elif self.places.number(node):
            for formal in self.reads.get(identity, ()):
                if self.results.of(node, formal) is not None:
                    self._given(node, formal, keep=True)
        for formal, variable, storage in assigned_outputs(node):
            self._say(stored(variable, self._output(node, formal), storage), node)

    def _call(self, node: Element) -> None:
        identity = node.get("localId")
        if identity in self._called or identity in self._busy:
            return  # in a circle: what it gave in the last scan is read
        self._enter(node)
        self._call_enabled(node)
        instance = target(node, node, "instanceName" if node.get("instanceName") else "typeName")
        arguments = ", ".join(f"{name} := {value}" for name, value in self._arguments(node))
        text = f"{instance}({arguments});"
        enable = self._enabled[identity]
        self._say(f"IF {enable} THEN {text} END_IF;" if enable else text, node)
        self._busy.pop()
        self._called.add(identity)
        if instance.upper() in self.shared:  # drawn again: what this call gave may be another value later
            for formal in self.reads.get(identity, ()):
                kind = self.results.of(node, formal) if formal else None
                if kind is not None:
                    text = self._output(node, formal)
                    self._known[identity, formal] = self._kept(f"wire_{identity}_{formal}", text, kind, node)

    def _call_enabled(self, node: Element) -> None:
        """Works out EN, once, before anything else of the block; "" where it has none."""
        identity = node.get("localId")
        if identity in self._enabled:
            return
        enable = enable_input(node)
        text = self._variable_input(enable) if enable is not None else ""
        if text and text != "TRUE":
            text = self._kept(f"enable_{identity}", text, "BOOL", node)
        self._enabled[identity] = "" if text == "TRUE" else text

    def _arguments(self, node: Element) -> list[tuple[str, str]]:
        given = []
        for variable in variables(node, "inputVariables", "inOutVariables"):
            name = variable.get("formalParameter")
            point = variable.child("connectionPointIn")
            connected = point is not None and any(point.all("connection", "expression"))
            if name.upper() != "EN" and connected:
                given.append((name, self._variable_input(variable)))
        return given

    # ---- what is read --------------------------------------------------------------------------------

    def _variable_input(self, variable: Element) -> str:
        text = self.input(variable)
        kind = _EDGES.get(variable.get("edge"))
        return negated(self._edge(kind, text, variable) if kind else text, variable)

    def input(self, node: Element) -> str:
        """What arrives at a connection point; several wires are joined by OR."""
        point = node.child("connectionPointIn")
        if point is not None and point.child("expression") is not None and point.child("connection") is None:
            return operand(point.child("expression"), point)
        sources = [self.source(connection) for connection in connections(node)]
        if not sources:
            raise Unreadable(f"nothing is connected to this {node.tag}", node)
        text = sources[0] if len(sources) == 1 else f"({' OR '.join(dict.fromkeys(sources))})"
        if "TRUE" in sources:
            text = "TRUE"
        if len(text) > MAX_LENGTH:
            raise Unreadable(
                "this network is too large to be one expression; keep parts of it in variables", node
            )
        return text

    def source(self, connection: Element) -> str:
        identity, formal = connection.get("refLocalId"), connection.get("formalParameter")
        node = self.nodes.get(identity)
        if node is None:
            raise Unreadable(f"there is no element with the localId {identity}", connection)
        if node.tag == "leftPowerRail":
            return "TRUE"
        if node.tag in ("inVariable", "inOutVariable"):
            if not self._is_later(node):
                self._write_through(node)
            kind = _EDGES.get(node.get("edge") or node.get("edgeOut"))
            text = self._known.get((identity, ""), "") or operand(node.child("expression"), node)
            if kind and (identity, "") not in self._known:
                text = self._known[identity, ""] = self._edge(kind, text, node)
            return negated(text, node, "negatedOut")
        return self._given(node, formal)

    def _is_later(self, node: Element) -> bool:
        """Whether its turn comes behind what is being written."""
        return 0 < self._now < self.places.number(node)

    def _given(self, node: Element, formal: str, keep: bool = False) -> str:
        """What an element passes on at this output; `keep`: worked out here and now, for later."""
        key = identity, _ = node.get("localId"), formal
        if key in self._known:
            return self._known[key]
        later = self._is_later(node)
        if node.tag == "block" and instance_of(node, self.types):
            if not later:
                self._call(node)
            return self._known.get(key) or self._output(node, formal)
        if identity in self._busy or (later and self.results.of(node, formal) is not None):
            return self._fed_back(node, formal)
        self._enter(node)
        text = self._passed(node, formal)
        self._busy.pop()
        kind = self.results.of(node, formal)
        if key in self._feedback:
            self._say(f"{self._feedback[key]} := {text};", node)
            text = self._feedback[key]
        kept = text in self._own
        keep = keep or node.tag == "coil" or self.uses.get(key, 0) > 1
        if keep and kind is not None and text != "TRUE" and not kept:
            text = self._kept(f"wire_{identity}", text, kind, node)
        self._known[key] = text
        self._count(text, node)
        return text

    def _fed_back(self, node: Element, formal: str) -> str:
        """What a function in a circle of connections gave in the scan before."""
        kind = self.results.of(node, formal)
        if kind is None or self.stateless:
            raise Unreadable("these connections go in a circle; put a variable into it", node)
        key = (node.get("localId"), formal)
        if key not in self._feedback:
            self._feedback[key] = self._new_name(f"feedback_{key[0]}", kind, node)
        return self._feedback[key]

    def _enter(self, node: Element) -> None:
        if len(self._busy) >= _MAX_DEPTH:
            raise Unreadable(f"more than {_MAX_DEPTH} elements stand one behind the other", node)
        self._busy.append(node.get("localId"))

    def _passed(self, node: Element, formal: str) -> str:
        if node.tag == "contact":
            power = self.input(node)
            variable = operand(node.child("variable"), node)
            kind = _EDGES.get(node.get("edge"))
            if kind:
                variable = self._edge(kind, variable, node)
            variable = negated(variable, node)
            return variable if power == "TRUE" else f"{power} AND {variable}"
        if node.tag == "coil":
            return self.input(node)
        if node.tag == "connector":
            return self.input(node)
        if node.tag == "continuation":
            connector = self.connectors.get(node.get("name"))
            if connector is None:
                raise Unreadable(f"there is no connector {node.get('name')}", node)
            return self.input(connector)
        if node.tag == "block":
            return self._output(node, formal)
        told = next((item.text.strip() for item in data_of(node) if item.tag == "ElementType"), "")
        raise Unreadable(f"a {told or node.tag} gives no value here", node)

    def _output(self, node: Element, formal: str) -> str:
        """What an output of a block or function is; inputs and the call come before."""
        variable = next((v for v in variables(node, "outputVariables", "inOutVariables")
                         if v.get("formalParameter") == formal), None)  # fmt: skip
        if formal.upper() == "ENO":
            self._call_enabled(node)
            return self._enabled[node.get("localId")] or "TRUE"
        if instance_of(node, self.types):
            outputs = list(variables(node, "outputVariables"))
            if not formal and outputs:
                variable, formal = outputs[0], outputs[0].get("formalParameter")
            text = f"{instance_of(node, self.types)}.{formal}"
        else:
            self._call_enabled(node)
            text = self._result(node, formal)
            enable = self._enabled[node.get("localId")]
            if enable:
                kind = self.results.of(node, formal)
                if kind is None:
                    what = f"{node.get('typeName')} has EN, and the type of its result is not known here"
                    raise Unreadable(f"{what}; put a variable behind it", node)
                if kind == "BOOL":  # like a contact: no power, no result
                    text = f"({enable} AND {text})"
                else:
                    name = self._new_name(f"wire_{node.get('localId')}", kind, node)
                    self._say(f"IF {enable} THEN {name} := {text}; END_IF;", node)
                    text = name
        return negated(text, variable) if variable is not None else text

    def _result(self, node: Element, formal: str) -> str:
        identity = node.get("localId")
        read = outputs_read(node, self.reads.get(identity, ()))
        if not several(node, read, self.types):
            return called(node, self._arguments(node), self.types, formal)
        arguments = self._arguments(node) if identity not in self._several else []
        if identity not in self._several:  # nor did an argument that reads it call it
            kept = self._several[identity] = variables_for(node, read, self.types, self._new_name)
            text, enable = call_of_several(node, arguments, kept, self.types), self._enabled[identity]
            self._say(f"IF {enable} THEN {text} END_IF;" if enable else text, node)
        return self._several[identity][formal]
