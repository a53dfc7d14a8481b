"""Tools that know no table: clock, database, exact ids, texts, files, logs, reasons."""
