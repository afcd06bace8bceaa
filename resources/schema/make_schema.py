"""Writes the JSON Schema of the scene file that editors use: `python resources/schema/make_schema.py`.

Run it after any change of a declaration; a test compares the file with the declarations.
"""

from __future__ import annotations

from pathlib import Path

from commissioning.files.schema import schema_text
from commissioning.registry import declarations

if __name__ == "__main__":
    target = Path(__file__).parent / "scene.schema.json"
    target.write_text(schema_text(declarations()), encoding="utf-8", newline="\n")
    print(target)
