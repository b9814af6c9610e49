"""Spreadsheets of certificate number + name: rows in, the same file with three columns added back.

XLSX, CSV (UTF-8, GB 18030; comma, semicolon or tab), JSON and pasted text. Columns are found by name in a header row
among the first ten; rows count as Excel numbers them. The columns added hold our own words only. ``data`` is what
goes in and out; all else reads what strangers send, and runs in worker processes.
"""
