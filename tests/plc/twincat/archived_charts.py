"""Charts of TwinCAT for tests: a tree of what is drawn, and the archive that TwinCAT keeps of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

NAME = "38391c6d-6d4a-42f8-8ee7-9f45e5adafa8"
COMMENT = "7d894980-aeea-405c-a0f6-e2b26429c58f"
EXCLUDE = "01580b27-6378-448b-8ecb-0e4b795b58d6"
SYMBOL = "bc882c11-1e91-4dd8-a6b8-2075724ed18b"
INITIAL = "6844a48e-46c2-4cc8-a185-a478f3b99cc0"
DUPLICATION = "62e1754b-7629-4e63-9cec-10ae0c536f1f"
SHORTEST = "cacf1a68-236e-47c2-b7b1-1cf9199718cb"
LONGEST = "b693554c-1b01-4a8d-afde-9e3a46f7465d"
ACTIVE = "700a583f-b4d4-43e4-8c14-629c7cd3bec8"
ENTRY = "a6b08bd8-b696-47e3-9cbf-7408b61c9ff8"
EXIT = "a2621e18-7de3-4ea6-ae6d-89e9e0b7befd"
MONITORING = "8294df19-5962-4dee-a874-1051dabb0e3e"
PARALLEL = "23bdaa98-72ec-41f7-817b-9dede5697086"
QUALIFIER = "e174fc0d-80b0-4a9e-a530-ca239c249a50"


@dataclass(frozen=True)
class Use:
    """An IEC action at a step; `ms` where its qualifier takes a time."""

    name: str
    qualifier: str = "N"
    ms: int | None = None


@dataclass(frozen=True)
class Step:
    name: str
    initial: bool = False
    active: str = ""
    entry: str = ""
    exit: str = ""
    shortest: int = 0  # ms
    uses: tuple[Use, ...] = ()


@dataclass(frozen=True, eq=False)
class Transition:
    condition: str


@dataclass(frozen=True)
class Jump:
    target: str


@dataclass(frozen=True, eq=False)
class Branch:
    legs: tuple[tuple[Part, ...], ...]
    parallel: bool = False
    name: str = ""


Part = Step | Transition | Jump | Branch


def _attributes(values: Mapping[str, str | bool | int]) -> str:
    """Texts, switches and choices, each with the default that the maker writes beside it."""
    rows = []
    for number, value in values.items():
        kind, default = "StringValue", ""
        text = str(value)
        if isinstance(value, bool):
            kind, text, default = "BoolValue", text.upper(), "FALSE"
        elif isinstance(value, int):
            kind, default = "EnumValue", "0"
        rows.append(
            f'<o><v n="AttributeId">{{{number}}}</v><o n="Value" t="{kind}"><v n="Value">"{escape(text)}"</v>'
            f'<v n="DefaultValue">"{default}"</v></o><v n="Id">2L</v><v n="IdParent">1L</v></o>'
        )
    return f'<l2 n="Attributes" cet="SFCAttribute">{"".join(rows)}</l2>'


def _list(parts: Sequence[str], cet: str = "") -> str:
    told = f' cet="{cet}"' if cet else ""
    inner = f'<l2 n="InnerList"{told}>{"".join(parts)}</l2>' if parts else '<l2 n="InnerList" />'
    return f'<o n="ElementList" t="SFCElementList">{inner}</o>'


def part_xml(part: Part) -> str:
    if isinstance(part, Step):
        uses = []
        for use in part.uses:
            word = use.qualifier if use.ms is None else f"{use.qualifier} T#{use.ms}ms"
            told = _attributes({NAME: use.name, COMMENT: "", EXCLUDE: False, QUALIFIER: word})
            uses.append(f'<o t="SFCActionAssociation">{told}</o>')
        told = {
            NAME: part.name, COMMENT: "what it does", EXCLUDE: False, SYMBOL: 0, INITIAL: part.initial,
            DUPLICATION: False, SHORTEST: f"T#{part.shortest}ms" if part.shortest else "", LONGEST: "",
            ACTIVE: part.active, ENTRY: part.entry, EXIT: part.exit,
        }  # fmt: skip
        own = '<n n="EmbeddedMainAction" /><n n="EmbeddedEntryAction" /><n n="EmbeddedExitAction" />'
        return f'<o t="SFCStep">{own}{_list(uses)}{_attributes(told)}</o>\n'
    if isinstance(part, Transition):
        told = {
            NAME: part.condition,
            COMMENT: "",
            EXCLUDE: False,
            SYMBOL: 0,
            DUPLICATION: False,
            MONITORING: 0,
        }
        own = '<v n="VariableName">"anything"</v><n n="EmbeddedTransition" />'
        return f'<o t="SFCTransition">{own}{_attributes(told)}</o>\n'
    if isinstance(part, Jump):
        return f'<o t="SFCJump">{_attributes({NAME: part.target, COMMENT: "", EXCLUDE: False})}</o>\n'
    legs = [
        f"<o>{_list([part_xml(p) for p in leg])}{_attributes({NAME: '', COMMENT: ''})}</o>"
        for leg in part.legs
    ]
    told = {NAME: part.name, COMMENT: "", EXCLUDE: False, PARALLEL: part.parallel}
    return f'<o t="SFCBranch">{_list(legs, "SFCSegment")}{_attributes(told)}</o>\n'


def chart(*parts: Part | str) -> str:
    """The body; a text is put in as it is."""
    inner = [part if isinstance(part, str) else part_xml(part) for part in parts]
    return (
        '<SFC><XmlArchive><Data>\n<o xml:space="preserve" t="SFCImplementationObject">'
        f'<o n="Root" t="SFCSegment">{_list(inner)}</o></o>\n</Data></XmlArchive></SFC>'
    )


def action(name: str, text: str) -> str:
    return f'<Action Name="{name}"><Implementation><ST><![CDATA[{text}]]></ST></Implementation></Action>\n'


def transition(name: str, body: str) -> str:
    return f'<Transition Name="{name}"><Implementation>{body}</Implementation></Transition>\n'


def st(text: str) -> str:
    return f"<ST><![CDATA[{text}]]></ST>"


def flags(own: bool = True, **used: str) -> str:
    """The settings of the chart: Init="use declare", Reset="" ..."""
    rows = "".join(
        f'<v>{name}</v><o><v n="Use">{str("use" in words).lower()}</v>'
        f'<v n="Declare">{str("declare" in words).lower()}</v></o>'
        for name, words in used.items()
    )
    return (
        '<ObjectProperties><XmlArchive><Data><o t="SFCProperty">'
        f'<d2 n="Flags" ckt="Flags" cvt="SFCPropertyFlagData">{rows}</d2>'
        f'<v n="UseDefaults">{str(not own).lower()}</v></o></Data></XmlArchive></ObjectProperties>'
    )


def steps_in(parts: Sequence[Part]) -> Iterator[Step]:
    """From top to bottom and from left to right."""
    for part in parts:
        if isinstance(part, Step):
            yield part
        elif isinstance(part, Branch):
            for leg in part.legs:
                yield from steps_in(leg)
