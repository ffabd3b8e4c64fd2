"""From answers and records to what a page shows. Each module makes the pages of one section."""
