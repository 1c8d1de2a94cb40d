"""Verification of a hand-derived gradient: what it is compared with, the verdict, the first wrong line, the report."""
