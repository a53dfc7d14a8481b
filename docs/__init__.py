"""The pages, and the program behind ``make reference``, which writes the generated parts of the reference."""
