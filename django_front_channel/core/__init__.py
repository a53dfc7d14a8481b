"""Tools that do not depend on our tables: clock, database, exact ids, texts, files, logs, reasons."""
