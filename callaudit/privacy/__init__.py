"""Personal data in what is said: what it is, and where it lies in words and time."""
