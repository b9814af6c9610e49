"""Workbooks: read, judged row by row, marked; and the empty form."""
