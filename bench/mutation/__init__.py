"""Which small change of the gate's code would no test notice? `make mutants`, or `python -m bench.mutation --help`.

A mutator of our own, because the gate is half tables and patterns at the top of its modules, which mutmut does not
touch at all, and because cosmic-ray starts a test runner for each of two thousand mutants: here the tests are
collected once, and each mutant is a fork of that process with one piece of code exchanged.
"""
