"""The pages, and the program that writes the generated parts of the reference into them: ``make reference``."""
