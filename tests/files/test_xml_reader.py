"""The one XML reader: places that can be trusted, and nothing that a foreign file can do with it."""

from __future__ import annotations

import codecs
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commissioning.files import xml_reader
from commissioning.files.xml_reader import read_xml
from commissioning.model.element import Element, TextRun
from commissioning.model.problem import Problem, Problems

SAMPLE = """<?xml version="1.0" encoding="ENCODING"?>
<project xmlns="http://www.plcopen.org/xml/tc6_0201" xmlns:x="u:x">
  <pou name="Förderer" x:kind="F&amp;B"><!-- no content --><?tool ignore?>
    <ST><![CDATA[IF a < b THEN
\tx := 'ä'; END_IF]]></ST><x:p>a &lt; b;
 c</x:p></pou>
</project>
"""


def refused(content: bytes) -> Problem:
    with pytest.raises(Problems) as raised:
        read_xml(content, "p.xml")
    assert len(raised.value.problems) == 1
    return raised.value.problems[0]


def only(root: Element, tag: str) -> Element:
    found = [element for element in root.walk() if element.tag == tag]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("declared", "encoding", "mark"),
    [
        ("utf-8", "utf-8", b""),
        ("utf-8", "utf-8", codecs.BOM_UTF8),
        ("utf-16", "utf-8", codecs.BOM_UTF8),  # what .NET writes through a string: the mark is right
        ("utf-16", "utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16", "utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-16", "utf-16-le", b""),
        ("utf-16", "utf-16-be", b""),
        ("utf-32", "utf-32-le", codecs.BOM_UTF32_LE),
        ("windows-1252", "cp1252", b""),
        ("iso-8859-1", "latin-1", b""),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_that_places_count_characters_in_every_encoding(
    declared: str, encoding: str, mark: bytes, end: str
) -> None:
    text = SAMPLE.replace("ENCODING", declared).replace("\n", end)
    root = read_xml(mark + text.encode(encoding), "p.xml")
    lines = text.split(end)
    assert root.namespace == "http://www.plcopen.org/xml/tc6_0201"
    pou = only(root, "pou")
    assert (pou.line, pou.column) == (3, 3)
    assert dict(pou.attributes) == {"name": "Förderer", "kind": "F&B"}
    body = only(root, "ST")
    assert body.text == "IF a < b THEN\n\tx := 'ä'; END_IF"
    # every run stands in the file where it says
    for element in root.walk():
        for run in element.content:
            if isinstance(run, TextRun):
                written = run.text.rstrip("\n").replace("<", "&lt;") if element.tag == "p" else run.text
                assert lines[run.line - 1][run.column - 1 :].startswith(written.rstrip("\n"))
    assert [(r.text, r.line) for r in only(root, "p").runs()] == [("a <", 5), (" b;\n", 5), (" c", 6)]


def test_that_a_doctype_is_refused_before_anything_in_it_counts() -> None:
    bombs = [
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY x "0123456789"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;">]><a>&y;</a>',
        '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:9/d.dtd"> %p;]><a/>',
        '<!DOCTYPE a [<!ATTLIST a b CDATA "c">]><a/>',
    ]
    for text in bombs:
        for content in (text.encode(), text.encode("utf-16")):
            problem = refused(content)
            assert "DOCTYPE" in problem.what
            assert problem.where.line == 1


def test_that_an_undefined_entity_is_told_with_its_place() -> None:
    problem = refused(b"<a>\n <b>&nbsp;</b></a>")
    assert (problem.where.file, problem.where.line, problem.where.column) == ("p.xml", 2, 5)
    assert "undefined entity" in problem.what


@pytest.mark.parametrize(
    ("content", "place", "words"),
    [
        (b"", (1, 1), "no element"),
        (b"not XML at all", (1, 1), "no well-formed"),
        (b"<a>\n<b>x := 1;", (2, 11), "<b> of line 2 is not closed, the file may be cut off"),
        (b"<a><![CDATA[x", (1, 14), "cut off"),
        (b"<a>\n</b>", (2, 3), "mismatched tag"),
        ("<a>\n ä</a>".encode("cp1252"), (2, 2), "0xE4 is no UTF-8"),
        (codecs.BOM_UTF8 + b"<a>\n  \xfc</a>", (2, 3), "0xFC is no UTF-8"),
        (codecs.BOM_UTF16_LE + b"<\x00a\x00>", (1, 3), "UTF-16"),
        (b'<?xml version="1.0" encoding="utf-16"?><a/>', (1, 1), "encoding is utf-16, which it is not"),
        (b'<?xml version="1.0" encoding="ebcdic-cp-us"?><a/>', (1, 1), "not known here"),
        (b"<a>\n\x00</a>", (2, 1), "U+0000"),
    ],
)
def test_that_what_cannot_be_read_is_told_with_its_place(
    content: bytes, place: tuple[int, int], words: str
) -> None:
    problem = refused(content)
    assert words in problem.what
    assert (problem.where.line, problem.where.column) == place


def test_that_size_depth_and_number_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    deep = b"<a>" * xml_reader.MAX_DEPTH + b"</a>" * xml_reader.MAX_DEPTH
    assert sum(1 for _ in read_xml(deep, "p.xml").walk()) == xml_reader.MAX_DEPTH
    assert "deep" in refused(b"<a>" + deep + b"</a>").what
    assert "larger" in refused(b"<a>" + b" " * xml_reader.MAX_BYTES + b"</a>").what
    many = b"<a " + b" ".join(b'k%d="1"' % k for k in range(xml_reader.MAX_ATTRIBUTES + 1)) + b"/>"
    assert "attributes" in refused(many).what
    monkeypatch.setattr(xml_reader, "MAX_ELEMENTS", 100)
    assert "elements" in refused(b"<a>" + b"<b/>" * 100 + b"</a>").what


def test_that_one_long_line_costs_no_more_than_its_length() -> None:
    """Twice the text may take twice the time; joining chunks naively would take four times as long."""

    def seconds(size: int) -> float:
        content = b"<a>" + b"x := 1; " * size + b"</a>"
        best = 1e9
        for _ in range(3):
            start = time.thread_time()
            root = read_xml(content, "p.xml")
            best = min(best, time.thread_time() - start)
        assert len(root.text) == 8 * size
        return best

    assert seconds(1_600_000) < 8 * seconds(400_000) + 0.05  # 4 times the length; 16 times if quadratic


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_that_broken_files_are_problems_and_never_anything_else(data: st.DataObject) -> None:
    encoding, mark = data.draw(
        st.sampled_from(
            [("utf-8", b""), ("utf-16-le", codecs.BOM_UTF16_LE), ("cp1252", b""), ("utf-8", codecs.BOM_UTF8)]
        )
    )
    declared = {"cp1252": "windows-1252", "utf-16-le": "utf-16"}.get(encoding, encoding)
    content = bytearray(mark + SAMPLE.replace("ENCODING", declared).encode(encoding))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, max(len(content) - 1, 0)))
        how = data.draw(st.sampled_from(["cut", "flip", "insert", "drop"]))
        if how == "cut":
            del content[at:]
        elif how == "flip" and content:
            content[at] = data.draw(st.integers(0, 255))
        elif how == "insert":
            content[at:at] = data.draw(
                st.sampled_from([b"<!DOCTYPE a>", b"&x;", b"]]>", b"<", b"\x00", b"\xff\xfe", b"<a>" * 300])
            )
        else:
            del content[at : at + 3]
    try:
        root = read_xml(bytes(content), "p.xml")
    except Problems as problems:
        (problem,) = problems.problems
        assert problem.where.file == "p.xml"
        assert problem.where.line >= 1
        assert problem.where.column >= 1
    else:
        assert root.line >= 1


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab ä<&>\n\t;"), max_size=60))
def test_that_text_comes_back_as_it_was_written_and_where(text: str) -> None:
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for written in (plain, f"<![CDATA[{text}]]>"):
        content = f"<a>{written}</a>"
        root = read_xml(content.encode(), "p.xml")
        assert root.text == text
        lines = content.split("\n")
        for run in root.runs():
            first = run.text[0]
            stands = lines[run.line - 1][run.column - 1 :] + "\n"
            assert stands.startswith(first if "CDATA" in written else first.translate(_ESCAPED))


_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
