"""Implementations for the suite to judge: a correct one, and others that differ from it by a line or two.

They share no code with the mock or the suite, so that neither can hide a mistake of the other. By hand:
`python -m tests.targets NAME` serves one, `python -m tests.targets` lists them.
"""
