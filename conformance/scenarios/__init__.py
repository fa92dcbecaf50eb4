"""The scenarios: `test_<area>.py` has one test function for each requirement of that area, marked with its id."""
