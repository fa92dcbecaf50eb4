"""See whether a state provider keeps its protocol, before the suite is blamed: `check-provider`."""
