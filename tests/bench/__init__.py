"""How fast the mock is, beside what it is made of, in one run: `make bench`. Needs `wrk` and two cores."""
