"""The functions and blocks of the standard, and the conversions between its types."""
