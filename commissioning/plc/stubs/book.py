"""What is known of the stubs of a program, from round to round."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from commissioning.plc.stubs.guess import Guess
from commissioning.plc.stubs.model import Spot, StubCall, StubPart, StubType
from commissioning.plc.syntax import tree
from commissioning.plc.syntax.tree import At


class StubBook:
    """The stubs, and what failed in this round."""

    def __init__(self) -> None:
        self.types: dict[str, StubType] = {}
        self.calls: dict[str, StubCall] = {}
        self.variables: dict[str, StubPart] = {}
        self.spots: dict[str, Spot] = {}  # of variables
        self.known: frozenset[str] = frozenset()  # globals that the program declares, if only with mistakes
        self.renamed: dict[str, str] = {}  # types of ours that were found to be ones that the program names
        self.lists: dict[str, str] = {}  # variables that are lists of globals, with constants among them
        self.collecting = False  # whether stubs are asked for
        self._failed: dict[Spot, StubPart | StubCall] = {}
        self._new = True
        self.listening = False  # to what bodies say: only when all types are known or stubs
        self.muted = False  # while something stands for a parameter of which nothing is known either

    @contextmanager
    def mute(self, muted: bool) -> Iterator[None]:
        """`muted` for what is checked inside."""
        before, self.muted = self.muted, muted
        try:
            yield
        finally:
            self.muted = before

    def progress(self) -> bool:
        """Whether anything was learned since the last call; forgets what failed in this round."""
        guesses = list(self._guesses())
        for guess in guesses:  # what was noted later in the round in which a type was found to be another
            while guess.text.upper() in self.renamed:
                guess.text = self.renamed[guess.text.upper()]
        found = self._new or any(guess.changed for guess in guesses)
        for guess in guesses:
            guess.changed = False
        self._new = False
        self._failed = {}
        return found

    def _guesses(self) -> Iterator[Guess]:
        calls = [*self.calls.values(), *(m for t in self.types.values() for m in t.methods.values())]
        for parts in (*(c.parts for c in calls), *(t.parts for t in self.types.values()), self.variables):
            yield from (part.guess for part in parts.values())
        yield from (call.result for call in calls if call.result is not None)
        yield from (type_.alias for type_ in self.types.values() if type_.alias is not None)

    def type_named(self, name: str, file: str, at: At, sign: str = "") -> None:
        """A declaration names an unknown type."""
        short = name.rpartition(".")[2]
        if short.upper() == "ANY" or short.upper().startswith("ANY_"):
            return  # of the standard: any type of a kind
        found = self.types.get(short.upper())
        if found is None:
            found = self.types[short.upper()] = StubType(short, (file, at))
            self._new = True
        found.places.add((file, at))
        if sign:
            self._sign(found, sign)

    def _made_type(self, name: str, file: str, at: At, sign: str) -> None:
        known = name.upper() in self.types
        self.type_named(name, file, at, sign)
        self.types[name.upper()].made |= not known

    def _unify(self, old: StubType, new: str) -> None:
        """What was thought to be of a type of its own is of one that the program names."""
        if self._last(new) == old.name.upper():
            return
        for guess in self._guesses():
            if guess.text.upper() == old.name.upper():
                guess.text, guess.changed = new, True
        other = self.types.get(new.upper())
        if other is not None:
            other.parts = old.parts | other.parts
            other.methods = old.methods | other.methods
            other.signs |= old.signs
        del self.types[old.name.upper()]
        self.renamed[old.name.upper()] = new
        self._new = True

    def _last(self, name: str) -> str:
        key = name.upper()
        while key in self.renamed:
            key = self.renamed[key].upper()
        return key

    def _sign(self, type_: StubType, sign: str) -> None:
        if sign not in type_.signs:
            type_.signs.add(sign)
            self._new = True

    def _part(self, parts: dict[str, StubPart], name: str) -> StubPart:
        found = parts.get(name.upper())
        if found is None:
            found = parts[name.upper()] = StubPart(Guess(name))
            self._new = True
        return found

    @staticmethod
    def _guess_of(entity: StubPart | StubCall | None) -> Guess | None:
        return entity.result if isinstance(entity, StubCall) else entity.guess if entity is not None else None

    def _entity(self, node: tree.Expression, file: str) -> StubPart | StubCall | None:
        match node:
            case tree.Name() | tree.Member():
                return self._failed.get((file, node.at))
            case tree.Indexed():
                return self._entity(node.owner, file)
            case tree.Dereference():
                entity = self._entity(node.owner, file)
                guess = self._guess_of(entity)
                if guess is not None:
                    guess.deref()
                return entity
            case tree.Call():
                return self._failed.get((file, node.target.at))
            case tree.Chain() if not node.steps:
                return self._entity(node.first, file)
            case tree.Unary():
                return self._entity(node.operand, file)
            case _:
                return None
