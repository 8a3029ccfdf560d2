"""Tests of code that needs torch: functions `check_…` with assertions, run in the deep image's environment.

Each module here is run once by `tests.contract.containers.deep_checks`; a test module makes a test of each of
its functions.
"""
