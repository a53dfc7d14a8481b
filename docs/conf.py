"""Sphinx settings."""

from django_front_channel import __version__

project = "django-front-channel"
author = "The django-front-channel developers"
copyright = f"2026, {author}"
release = version = __version__

extensions = ["myst_parser", "sphinx_copybutton"]
exclude_patterns = ["_build"]
nitpicky = True

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_line_continuation_character = "\\"

html_theme = "furo"
html_title = f"{project} {release}"
