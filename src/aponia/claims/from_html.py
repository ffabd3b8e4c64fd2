"""HTML to blocks: the article's own text, without menus, banners, comments, code and hidden text."""

from __future__ import annotations

import re
from typing import Any

from aponia.claims.page import ExtractionError, Page, assemble, visible

__all__ = ["page_of_html"]

_DROP_TAG_WORDS = """
script style noscript template nav footer aside form svg iframe object embed canvas audio video
button select textarea input label dialog menu map math-annotation head
"""
_DROP_ROLE_WORDS = """
navigation banner contentinfo complementary dialog alertdialog search menu menubar tooltip toolbar
form
"""
_BLOCK_WORDS = """
p h1 h2 h3 h4 h5 h6 li td th dd dt blockquote figcaption caption pre div section article main
header title figure tr table ul ol dl thead tbody tfoot address details summary fieldset hr center
body html hgroup
"""

_DROP_TAGS = frozenset(_DROP_TAG_WORDS.split())
_DROP_ROLES = frozenset(_DROP_ROLE_WORDS.split())
#: Words in class or id of what surrounds an article on a page.
_AROUND = re.compile(
    r"(?:^|[\s_-])(?:cookie\w*|consent\w*|gdpr|ccpa|newsletter\w*|subscri\w+|sign-?up|share|sharing|sharedaddy|social\w*|"
    r"related\w*|recommend\w*|read-?more|more-?(?:stories|posts|articles|to-explore|from|news)|also-?like|trending|popular|latest-?(?:posts|news)|"
    r"comments?|commentlist|comment-?\w+|respond|disqus\w*|replies|sidebar\w*|breadcrumbs?|crumbs|menu\w*|nav|navbar|navigation|"
    r"promo\w*|advert\w*|ads?|adsense|sponsor\w*|popup|pop-up|modal|overlay|banner|lightbox|toast|paywall|"
    r"author-?(?:bio|box|info|card|about)?|about-?author|byline|bio|post-?(?:meta|tags|nav\w*|footer)|entry-?(?:meta|footer)|tags?|tag-?list|"
    r"toc|table-of-contents|pagination|pager|skip-?(?:link|to-content)|screen-reader-text|sr-only|visually-hidden|site-?(?:header|footer)|masthead|"
    r"footer|colophon|copyright|widget\w*|cta|call-to-action|disclaimer\w*|references?|ref-?list|footnotes?|bibliography|print-only|hidden|d-none)(?=$|[\s_-])",
    re.IGNORECASE,
)
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px|em|%)?\s*(?:;|$)", re.I
)
_BLOCKS = frozenset(_BLOCK_WORDS.split())
_VOID = frozenset(["br", "wbr", "img", "hr"])


def page_of_html(source: str) -> Page:
    """Read the article of a web page.

    Parameters
    ----------
    source : str

    Returns
    -------
    Page

    Raises
    ------
    ExtractionError
        When nothing in it can be parsed.
    """
    from lxml import etree, html

    source = visible(source)
    try:
        parser = html.HTMLParser(
            huge_tree=True, no_network=True, remove_comments=True, remove_pis=True
        )
        tree = html.document_fromstring(source or "<p></p>", parser=parser)
    except (etree.ParserError, ValueError) as error:
        raise ExtractionError(f"this HTML can not be read ({error})") from None
    title = _title(tree)
    if not tree.text_content().strip():
        # nested deeper than the parser goes: take the tags out by themselves
        bare = re.sub(r"(?is)<(script|style)\b.*?</\1\s*>", " ", source)
        bare = re.sub(r"<[^>]{0,2000}>", "\n", bare)
        lines = [("p", 0, " ".join(x.split())) for x in bare.split("\n") if x.strip()]
        return assemble(lines, title)
    body = tree.find("body")
    body = body if body is not None else tree
    _prune(body)
    root = _root(body)
    blocks = _blocks(root)
    first = next((t for k, level, t in blocks if k == "heading" and level <= 1), None)
    if first is None:
        # the headline often stands above the article: it is a claim like any other
        outside = [_text(h) for h in body.iter("h1")]
        head = next((t for t in outside if t), None)
        if head is not None:
            blocks.insert(0, ("heading", 1, head))
            first = head
    if first is None:
        first = title or next((t for k, _, t in blocks if k == "heading"), None)
    return assemble(blocks, first)


def _text(element: Any) -> str:
    return " ".join(element.text_content().split())


def _title(tree: Any) -> str | None:
    for path in (".//meta[@property='og:title']/@content", ".//title/text()"):
        found = tree.xpath(path)
        if found and found[0].strip():
            # "Headline | Name of the site"
            return re.split(r"\s+[|\u2013\u2014\u00b7»-]\s+", " ".join(found[0].split()))[0] or None
    return None


def _prune(body: Any) -> None:
    """Take out what is not the article; a wrapper that holds most of the page stays."""
    total = max(1, len(body.text_content()))
    doomed = []
    for element in body.iter():
        tag = element.tag
        if not isinstance(tag, str) or element is body:
            continue
        if tag in ("script", "style", "template", "noscript"):
            doomed.append(element)
            continue
        get = element.get
        if (
            tag in _DROP_TAGS
            or get("role") in _DROP_ROLES
            or get("aria-hidden") == "true"
            or get("hidden") is not None
            or _HIDDEN.search(get("style") or "")
        ):
            doomed.append(element)
        elif tag == "header":
            if element.find(".//h1") is None and not _within(element, ("article", "main")):
                doomed.append(element)
        elif tag not in (
            "h1",
            "p",
            "article",
            "main",
            "a",
            "span",
            "b",
            "em",
            "i",
            "strong",
            "td",
            "th",
            "tr",
            "li",
        ):
            name = f"{get('class') or ''} {get('id') or ''}"
            if name != " " and _AROUND.search(name):
                doomed.append(element)
        elif tag in ("p", "li", "span", "a"):
            name = f"{get('class') or ''} {get('id') or ''}"
            if name != " " and _TINY_AROUND.search(name):
                doomed.append(element)
    for element in doomed:
        if element.getparent() is None:
            continue
        if element.tag in ("script", "style", "template", "noscript") or (
            len(element.text_content()) * 2 <= total or element.get("hidden") is not None
        ):
            element.drop_tree()


_TINY_AROUND = re.compile(
    r"(?:^|[\s_-])(?:screen-reader-text|sr-only|visually-hidden|skip-?link|byline|author-\w+|share|tags?|comment-\w+|copyright|advert\w*|caption-credit|credit)(?=$|[\s_-])",
    re.IGNORECASE,
)


def _within(element: Any, tags: tuple[str, ...]) -> bool:
    return any(a.tag in tags for a in element.iterancestors())


def _root(body: Any) -> Any:
    named = body.xpath(
        ".//*[@itemprop='articleBody'] | .//article | .//main | .//*[@role='main'] | .//*[@role='article']"
    )
    whole = max(1, len(_text(body)))
    best = max(named, key=lambda e: len(e.text_content()), default=None)
    if best is not None and len(_text(best)) >= 0.5 * whole:
        inner = list(best.xpath(".//article | .//*[@itemprop='articleBody']"))
        deep = max(inner, key=lambda e: len(e.text_content()), default=None)
        if deep is not None and len(_text(deep)) >= 0.7 * len(_text(best)):
            return deep
        return best
    # no landmark: the element whose own paragraphs hold most of the running text
    scores: dict[Any, float] = {}
    for p in body.iter("p"):
        size = len(_text(p))
        if size < 40:
            continue
        parent = p.getparent()
        for share in (1.0, 0.5, 0.25):
            if parent is None:
                break
            scores[parent] = scores.get(parent, 0.0) + share * size
            parent = parent.getparent()
    top = max(scores, key=lambda e: scores[e], default=None)
    if top is None or len(_text(top)) * 2 < whole:
        return body
    return top


def _blocks(root: Any) -> list[tuple[str, int, str]]:
    """Collect block texts in order, without recursion: hostile pages nest deeply."""
    parts: list[tuple[str, int, str]] = []
    current: list[str] = []
    state: list[tuple[str, int]] = [("p", 0)]

    def flush() -> None:
        if current:
            # references like &#8203; are characters only now
            text = " ".join(visible("".join(current)).split())
            current.clear()
            if text:
                kind, level = state[-1]
                parts.append((kind, level, text))

    stack: list[tuple[Any, bool]] = [(root, False)]
    breaks = 0
    while stack:
        element, done = stack.pop()
        tag = element.tag if isinstance(element.tag, str) else ""
        block = tag in _BLOCKS
        if done:
            if block:
                flush()
                state.pop()
            if element is not root and element.tail:
                current.append(element.tail)
                breaks = breaks if not element.tail.strip() else 0
            continue
        if block:
            flush()
            state.append(_kind(element, tag, state[-1]))
        elif tag == "br":
            # two line breaks make a paragraph
            breaks += 1
            if breaks > 1:
                flush()
            else:
                current.append(" ")
        elif tag == "sup" and re.fullmatch(r"\s*\[?[\d,\s\u2013-]+\]?\s*", element.text_content()):
            # the mark of a footnote is no number of the sentence
            stack.append((element, True))
            continue
        if element.text and tag:
            current.append(element.text)
            breaks = 0 if element.text.strip() else breaks
        stack.append((element, True))
        if tag not in _VOID:
            stack.extend((child, False) for child in reversed(element))
    flush()
    return parts


def _kind(element: Any, tag: str, outer: tuple[str, int]) -> tuple[str, int]:
    if re.fullmatch(r"h[1-6]", tag):
        return "heading", int(tag[1])
    if tag == "li":
        return "item", 0
    if tag == "blockquote":
        return "quote", 0
    if tag in ("figcaption", "caption"):
        return "caption", 0
    if tag in ("td", "th"):
        first = element.getprevious() is None
        return ("row" if first else "cell"), 0
    if tag in ("p", "div", "section", "header") and outer[0] in (
        "item",
        "quote",
        "row",
        "cell",
        "caption",
        "heading",
    ):
        return outer
    return "p", 0
