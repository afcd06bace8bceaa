"""The types of IEC 61131-3, their literals and values, what generated code calls, and dialects."""
