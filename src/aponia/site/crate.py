"""The whole release as one research object: an RO-Crate 1.1 in ``data/``, and the same as a zip.

The crate lists every file below ``data/`` with size, SHA-256, format and licence: tables, answers,
bibliography, codebook, snapshots of versions, and the text the base is made from (``source/``), which
``aponia build --evidence`` reads again.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from aponia.answers import snapshot, write_snapshot
from aponia.site.citations import AUTHORS, cite_base
from aponia.site.views.common import World

__all__ = ["DESCRIPTION", "LICENCE", "crate_files", "format_of", "source_files"]

LICENCE = "https://creativecommons.org/licenses/by/4.0/"
DESCRIPTION = (
    "Studies and registered trials of psychedelics and ketamine in pain, with pharmacology, safety and law, "
    "each fact with its source, and the living answers made from them. Information about research, not "
    "medical advice."
)
_FORMATS = {
    "csv": "text/csv",
    "json": "application/json",
    "ris": "application/x-research-info-systems",
    "bib": "application/x-bibtex",
    "gz": "application/gzip",
    "yaml": "application/yaml",
    "md": "text/markdown",
    "zip": "application/zip",
}
_WORDS = {
    "evidence.json": "The whole base in one file",
    "answers.json": "All living answers",
    "codebook.csv": "Every column of every table: meaning, unit, type, allowed values",
    "codebook.json": "The codebook as JSON",
    "studies.ris": "Bibliography of all studies, RIS",
    "studies.bib": "Bibliography of all studies, BibTeX",
    "cite.bib": "How to cite this release, BibTeX",
    "cite.ris": "How to cite this release, RIS",
}
_EPOCH = (1980, 1, 1, 0, 0, 0)


def format_of(name: str) -> str:
    """Return the media type of a file by its ending.

    >>> format_of("trials.csv"), format_of("LICENSE")
    ('text/csv', 'text/plain')
    """
    return _FORMATS.get(name.rpartition(".")[2], "text/plain")


def source_files(world: World) -> Iterator[tuple[str, bytes]]:
    """Make the text the base is edited as, and the snapshot of every version.

    Yields
    ------
    (str, bytes)
        ``data/source/…`` and ``data/releases/…``.
    """
    names = {*world.base.files, "LICENSE", "README.md"}
    for name in sorted(names):
        path = world.base.path / name
        if path.is_file():
            yield f"data/source/{name}", path.read_bytes()
    for version, data in world.base.releases.items():
        yield f"data/releases/{version}.json.gz", data
    now = snapshot(world.base, world.answers)
    yield f"data/releases/{now.version}.json.gz", write_snapshot(now)


def crate_files(world: World, files: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Make the metadata of the crate, and the zip that holds it with all its files.

    Parameters
    ----------
    world : World
    files : mapping of str to bytes
        Everything else below ``data/``, by path relative to it.

    Yields
    ------
    (str, bytes)
        ``data/ro-crate-metadata.json`` and ``data/aponia-<version>.zip``.
    """
    graph = json.dumps(_metadata(world, files), ensure_ascii=False, indent=1) + "\n"
    yield "data/ro-crate-metadata.json", graph.encode()
    whole = {**files, "ro-crate-metadata.json": graph.encode()}
    yield f"data/aponia-{world.data_version}.zip", _zip(f"aponia-{world.data_version}", whole)


def _metadata(world: World, files: Mapping[str, bytes]) -> dict[str, Any]:
    from rocrate.model.contextentity import ContextEntity
    from rocrate.rocrate import ROCrate

    crate = ROCrate(version="1.1")
    day = world.released or world.today
    authors = crate.add(
        ContextEntity(crate, "#contributors", properties={"@type": "Organization", "name": AUTHORS})
    )
    licence = crate.add(
        ContextEntity(
            crate,
            LICENCE,
            properties={
                "@type": "CreativeWork",
                "name": "Creative Commons Attribution 4.0 International",
                "identifier": "CC-BY-4.0",
            },
        )
    )
    root = crate.root_dataset
    for key, value in (
        ("name", "aponia evidence base"),
        ("description", DESCRIPTION),
        ("version", world.data_version),
        ("datePublished", day),
        ("license", licence),
        ("author", authors),
        ("publisher", authors),
        ("creditText", cite_base(world).text),
        ("identifier", f"sha256:{world.base.digest}"),
        ("keywords", "pain, headache, psychedelics, ketamine, systematic review, living evidence, GRADE"),
        ("isAccessibleForFree", True),
        *((("url", world.base_url),) if world.base_url else ()),
    ):  # fmt: skip
        root[key] = value
    for name in sorted(files):
        data = files[name]
        properties: dict[str, Any] = {
            "name": _WORDS.get(name, name),
            "encodingFormat": format_of(name),
            "contentSize": str(len(data)),
            "sha256": hashlib.sha256(data).hexdigest(),
        }
        crate.add_file(dest_path=name, properties=properties)["license"] = licence
    graph: dict[str, Any] = crate.metadata.generate()
    return graph


def _zip(folder: str, files: Mapping[str, bytes]) -> bytes:
    """Pack files in order of name, with one date: the same bytes for the same content."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(f"{folder}/{name}", _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            info.create_system = 3
            archive.writestr(info, files[name])
    return packed.getvalue()
