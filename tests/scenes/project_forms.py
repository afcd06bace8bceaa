"""A scene's program, given as plain Structured Text, in the forms in which projects come.

The forms follow the files of public TwinCAT projects, the TC6 v2.01 schema and what CODESYS adds to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

_UNIT = re.compile(
    r"^(VAR_GLOBAL)\b.*?^END_VAR$|^(PROGRAM|FUNCTION_BLOCK) (\w+)\n.*?^END_\2$", re.MULTILINE | re.DOTALL
)
_SECTION = re.compile(r"^(VAR\w*)\n(.*?)^END_VAR$", re.MULTILINE | re.DOTALL)
_VARIABLE = re.compile(
    r"^\s*(\w+)\s*(?:AT\s*(%[\w.]+)\s*)?:\s*(\w+)\s*;[ \t]*(?:\(\*(.*?)\*\))?", re.MULTILINE
)
_TAGS = {"VAR": "localVars", "VAR_INPUT": "inputVars", "VAR_OUTPUT": "outputVars", "VAR_GLOBAL": "globalVars"}
_TYPES = {"FUNCTION_BLOCK": "functionBlock", "PROGRAM": "program"}
_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
_ELEMENTARY = {"BOOL", "INT", "DINT", "DWORD", "WORD", "TIME", "REAL"}


@dataclass(frozen=True)
class Unit:
    """`word` is VAR_GLOBAL, PROGRAM or FUNCTION_BLOCK; `head` the declaration, `body` what follows it."""

    word: str
    name: str
    head: str
    body: str


def units(text: str) -> list[Unit]:
    found = []
    for match in _UNIT.finditer(text):
        whole = match.group()
        if match.group(1):
            found.append(Unit("VAR_GLOBAL", "GVL", whole, ""))
            continue
        end = whole.rindex("\nEND_VAR\n") + len("\nEND_VAR\n")
        found.append(
            Unit(match.group(2), match.group(3), whole[:end], whole[end : whole.rindex("\nEND_") + 1])
        )
    return found


def twincat(text: str) -> dict[str, bytes]:
    """File names -> contents: a .plcproj with folders, a task of 10 ms that calls MAIN."""
    files: dict[str, bytes] = {}
    names = []
    for unit in units(text):
        if unit.word == "VAR_GLOBAL":
            name, inner = "GVLs/GVL.TcGVL", "GVL"
            body = ""
        else:
            name, inner = f"POUs/{unit.name}.TcPOU", "POU"
            body = f"\n    <Implementation>\n      <ST><![CDATA[{unit.body}]]></ST>\n    </Implementation>"
        names.append(name)
        files[name] = _crlf(
            f'{_HEAD}<TcPlcObject Version="1.1.0.1" ProductVersion="3.1.4024.12">\n'
            f'  <{inner} Name="{unit.name}" Id="{{8e4b0b27-7d45-4d1e-8a3c-1f4b6a1c0d01}}">'
            f"\n    <Declaration><![CDATA[{unit.head}]]></Declaration>{body}"
            f'\n    <LineIds Name="{unit.name}">\n      <LineId Id="3" Count="12" />\n    </LineIds>'
            f"\n  </{inner}>\n</TcPlcObject>\n"
        )
    files["PlcTask.TcTTO"] = _crlf(
        f'{_HEAD}<TcPlcObject Version="1.1.0.1">\n  <Task Name="PlcTask">\n'
        "    <!--CycleTime in micro seconds.-->\n    <CycleTime>10000</CycleTime>\n"
        "    <Priority>20</Priority>\n    <PouCall>\n      <Name>MAIN</Name>\n    </PouCall>\n"
        "  </Task>\n</TcPlcObject>\n"
    )
    items = "".join(
        f'    <Compile Include="{name}">\n      <SubType>Code</SubType>\n    </Compile>\n'
        for name in (*(name.replace("/", "\\") for name in names), "PlcTask.TcTTO", "Texts\\List.TcTLO")
    )
    files["Line.plcproj"] = _crlf(
        f'{_HEAD}<Project DefaultTargets="Build" '
        'xmlns="http://schemas.microsoft.com/developer/msbuild/2003">\n  <PropertyGroup>\n'
        f"    <Name>Line</Name>\n  </PropertyGroup>\n  <ItemGroup>\n{items}  </ItemGroup>\n"
        '  <ItemGroup>\n    <PlaceholderReference Include="Tc2_Standard" />\n  </ItemGroup>\n</Project>\n'
    )
    return files


def plcopen(text: str) -> bytes:
    """One file as TC6 v2.01 has it: declarations as elements, bodies as ST, a configuration with a task."""
    pous, variables = [], ""
    for unit in units(text):
        sections = "".join(
            f"<{_TAGS[word]}>{''.join(map(_variable, _VARIABLE.finditer(lines)))}</{_TAGS[word]}>\n"
            for word, lines in _SECTION.findall(unit.head)
        )
        if unit.word == "VAR_GLOBAL":
            variables = sections
            continue
        pous.append(
            f'<pou name="{unit.name}" pouType="{_TYPES[unit.word]}">\n<interface>\n{sections}</interface>\n'
            f"<body><ST><xhtml:p><![CDATA[{unit.body}]]></xhtml:p></ST></body>\n</pou>\n"
        )
    return (
        f'{_HEAD}<project xmlns="http://www.plcopen.org/xml/tc6_0201" '
        'xmlns:xhtml="http://www.w3.org/1999/xhtml">\n<fileHeader companyName="" productName="test" '
        'productVersion="1" creationDateTime="2026-01-01T00:00:00"/>\n<contentHeader name="line"/>\n'
        f"<types><dataTypes/><pous>\n{''.join(pous)}</pous></types>\n<instances><configurations>\n"
        '<configuration name="config"><resource name="plc">\n'
        '<task name="main" priority="0" interval="T#10ms">'
        f'<pouInstance name="MAIN" typeName="MAIN"/></task>\n</resource>{variables}</configuration>\n'
        "</configurations></instances>\n</project>\n"
    ).encode()


def codesys(text: str) -> bytes:
    """One file as CODESYS exports an application: objects in addData, declarations as text too; UTF-16."""
    objects = []
    space = "http://www.3s-software.com/plcopenxml"
    for unit in units(text):
        declared = (
            f'<addData><data name="{space}/interfaceasplaintext" handleUnknown="implementation">'
            f'<InterfaceAsPlainText><xhtml xmlns="http://www.w3.org/1999/xhtml">{escape(unit.head)}</xhtml>'
            "</InterfaceAsPlainText></data></addData>"
        )
        if unit.word == "VAR_GLOBAL":
            (_, lines), *_ = _SECTION.findall(unit.head)
            inner = "".join(map(_variable, _VARIABLE.finditer(lines)))
            objects.append(
                f'<data name="{space}/globalvars" handleUnknown="implementation">'
                f'<globalVars name="{unit.name}">{inner}{declared}</globalVars></data>\n'
            )
            continue
        objects.append(
            f'<data name="{space}/pou" handleUnknown="implementation"><pou name="{unit.name}" '
            f'pouType="{_TYPES[unit.word]}"><interface/><body><ST>'
            f'<xhtml xmlns="http://www.w3.org/1999/xhtml">{escape(unit.body)}</xhtml></ST></body>{declared}</pou>'
            "</data>\n"
        )
    return (
        '<?xml version="1.0" encoding="utf-16"?>\n<project xmlns="http://www.plcopen.org/xml/tc6_0200">\n'
        "<types><dataTypes /><pous /></types><instances><configurations /></instances>\n"
        f'<addData><data name="{space}/application" handleUnknown="implementation">'
        '<resource name="Application">'
        '<task name="MainTask" interval="PT0.01S" priority="1"><pouInstance name="MAIN" typeName="">'
        f"</pouInstance></task>\n<addData>\n{''.join(objects)}</addData></resource></data></addData>\n</project>\n"
    ).encode("utf-16")


def _variable(match: re.Match[str]) -> str:
    name, address, type_, comment = match.groups()
    place = f" address={quoteattr(address)}" if address else ""
    kind = f"<{type_}/>" if type_ in _ELEMENTARY else f'<derived name="{type_}"/>'
    kind = "<string/>" if type_ == "STRING" else kind
    about = f"<documentation><p>{escape(comment.strip())}</p></documentation>" if comment else ""
    return f'\n<variable name="{name}"{place}><type>{kind}</type>{about}</variable>'


def _crlf(text: str) -> bytes:
    return b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()
