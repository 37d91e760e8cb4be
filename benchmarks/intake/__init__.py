"""Events into a city over HTTP: how many a second, how soon answered, and whether a kill loses any of them."""
