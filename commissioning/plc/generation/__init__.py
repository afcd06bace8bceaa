"""Typed tree -> Python: the code of a program, its memory layout, and the build for debugging."""
