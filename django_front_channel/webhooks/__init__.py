"""Front calls us: proof of origin, strict parsing, processing, and the views."""
