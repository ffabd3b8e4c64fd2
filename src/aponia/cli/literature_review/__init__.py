"""The commands of ``aponia literature`` that work on a review in a database."""
