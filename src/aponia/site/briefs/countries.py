"""Countries a brief can be made for: names, and how the tables of the base write them."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["COUNTRIES", "Country", "country_of"]


@dataclass(frozen=True)
class Country:
    """A country and its spellings in the base.

    Attributes
    ----------
    code, name : str
        ISO 3166 code, and the name in a sentence.
    law : tuple of str
        Jurisdictions of ``legal_status.csv`` that hold there.
    help : tuple of str
        Places of ``crisis_lines.csv`` that lie there.
    """

    code: str
    name: str
    law: tuple[str, ...]
    help: tuple[str, ...]

    @property
    def phrase(self) -> str:
        """The name as it stands after "in"."""
        article = self.code in ("CZ", "NL", "GB", "US")
        return f"the {self.name}" if article else self.name


#: Every country the base has a row of law or a checked line of help for.
COUNTRIES = MappingProxyType(
    {
        c.code: c
        for c in (
            Country("AU", "Australia", ("Australia", "Australia (New South Wales Health)"), ("Australia",)),
            Country("CA", "Canada", ("Canada",), ("Canada",)),
            Country("CZ", "Czech Republic", ("Czech Republic", "US and EU"), ()),
            Country("FR", "France", ("US and EU",), ("France",)),
            Country("DE", "Germany", ("Germany", "US and EU"), ("Germany",)),
            Country("NL", "Netherlands", ("Netherlands", "US and EU"), ("Netherlands",)),
            Country("NZ", "New Zealand", ("New Zealand",), ("New Zealand",)),
            Country("CH", "Switzerland", ("Switzerland",), ("Switzerland",)),
            Country("GB", "United Kingdom", ("United Kingdom",), ("UK", "UK (Northern Ireland)")),
            Country("US", "United States",
                    ("US (federal)", "US", "US and EU", "US: Oregon", "US: Colorado", "US: New Mexico"), ("US",)),
        )
    }
)  # fmt: skip

_OTHER = {"UK": "GB", "USA": "US"}


def country_of(text: str) -> Country:
    """Return a country by its code or name.

    >>> country_of("de").name, country_of("UK").code, country_of("Switzerland").code
    ('Germany', 'GB', 'CH')

    Raises
    ------
    ValueError
        The base has neither law nor a checked line of help for it.
    """
    key = text.strip()
    code = _OTHER.get(key.upper(), key.upper())
    for country in COUNTRIES.values():
        if code == country.code or key.casefold() == country.name.casefold():
            return country
    raise ValueError(
        f"country {text!r}: the base holds nothing on it; expected one of {', '.join(COUNTRIES)}"
    )
