"""Tests of PLC code: TEST units, tables, TcUnit, and programs under test from Python (decision 26)."""
