"""Tests of signing/workbook."""
