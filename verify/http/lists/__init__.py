"""Exams and their pass lists, for people and programs."""
