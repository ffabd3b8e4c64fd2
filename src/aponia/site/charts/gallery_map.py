"""A sample evidence map: made-up numbers that reach every kind of cell."""

from __future__ import annotations

from aponia.site.charts.evidence_map import (
    Approach,
    EvidenceMap,
    MapCell,
    MapColumn,
    MapRow,
    MapView,
)

__all__ = ["MAP"]

_COLUMNS = [
    "Psilocybin",
    "LSD",
    "BOL-148",
    "DMT",
    "5-MeO-DMT",
    "Ayahuasca",
    "Mescaline",
    "MDMA",
    "Ibogaine",
    "Ketamine",
    "Esketamine",
]
_MAP: dict[str, dict[str, list[MapView]]] = {
    "Cluster headache": {
        "Psilocybin": [
            MapView("all", 2189, "unclear", "very-low", True),
            MapView("macrodose", 85, "unclear", "very-low", True),
        ],
        "LSD": [
            MapView("all", 560, "unclear", "very-low", True),
            MapView("macrodose", 560, "unclear", "very-low", True),
        ],
        "BOL-148": [
            MapView("all", 6, "benefit", "very-low"),
            MapView("macrodose", 6, "benefit", "very-low"),
        ],
        "Ketamine": [
            MapView("all", 62, "unclear", "very-low"),
            MapView("infusion", 62, "unclear", "very-low"),
        ],
    },
    "Migraine": {
        "Psilocybin": [
            MapView("all", 28, "unclear", "very-low", True),
            MapView("macrodose", 28, "unclear", "very-low", True),
        ],
        "Ketamine": [MapView("all", 233, "mixed", "low"), MapView("infusion", 233, "mixed", "low")],
    },
    "Other headache": {
        "Psilocybin": [MapView("all", 17, "harm", "low"), MapView("macrodose", 17, "harm", "low")],
        "Ketamine": [
            MapView("all", 341, "none", "moderate"),
            MapView("infusion", 341, "none", "moderate"),
        ],
    },
    "Fibromyalgia": {
        "Psilocybin": [
            MapView("all", 5, "unclear", "very-low", True),
            MapView("macrodose", 5, "unclear", "very-low", True),
        ],
        "LSD": [MapView("all", trial_running=True), MapView("microdose", trial_running=True)],
        "Ketamine": [
            MapView("all", 45, "unclear", "low"),
            MapView("infusion", 45, "unclear", "low"),
        ],
        "Esketamine": [MapView("all", 24, "none", "low"), MapView("infusion", 24, "none", "low")],
    },
    "Phantom limb pain": {
        "Psilocybin": [
            MapView("all", 10, "unclear", "very-low", True),
            MapView("macrodose", 10, "unclear", "very-low", True),
        ],
        "LSD": [
            MapView("all", 13, "unclear", "very-low"),
            MapView("psycholytic", 13, "unclear", "very-low"),
        ],
        "Ketamine": [
            MapView("all", 31, "benefit", "very-low"),
            MapView("infusion", 31, "benefit", "very-low"),
        ],
    },
    "Low back pain": {
        "Psilocybin": [
            MapView("all", trial_running=True),
            MapView("macrodose", trial_running=True),
        ],
    },
    "Neuropathic pain": {
        "Psilocybin": [MapView("all", animals_only=True), MapView("macrodose", animals_only=True)],
        "Ketamine": [
            MapView("all", 812, "benefit", "low", True),
            MapView("infusion", 640, "benefit", "low"),
            MapView("other", 172, "unclear", "very-low", True),
        ],
        "Esketamine": [
            MapView("all", 40, "unclear", "very-low"),
            MapView("infusion", 40, "unclear", "very-low"),
        ],
    },
    "Complex regional pain syndrome": {
        "Psilocybin": [
            MapView("all", 1, "unclear", "none"),
            MapView("macrodose", 1, "unclear", "none"),
        ],
        "Ketamine": [
            MapView("all", 298, "benefit", "low"),
            MapView("infusion", 298, "benefit", "low"),
        ],
        "Esketamine": [
            MapView("all", 104, "benefit", "low"),
            MapView("infusion", 104, "benefit", "low"),
        ],
    },
    "Cancer pain": {
        "Psilocybin": [
            MapView("all", trial_running=True),
            MapView("macrodose", trial_running=True),
        ],
        "LSD": [
            MapView("all", 208, "unclear", "very-low"),
            MapView("macrodose", 208, "unclear", "very-low"),
        ],
        "Ketamine": [
            MapView("all", 420, "none", "moderate"),
            MapView("infusion", 420, "none", "moderate"),
        ],
    },
    "Experimental pain": {
        "LSD": [MapView("all", 57, "unclear", "low"), MapView("microdose", 57, "unclear", "low")],
        "MDMA": [MapView("all", 90, "harm", "very-low"), MapView("other", 90, "harm", "very-low")],
    },
    "Osteoarthritis": {},
    "Irritable bowel": {
        "Psilocybin": [MapView("all", trial_running=True), MapView("macrodose", trial_running=True)]
    },
}

MAP = EvidenceMap(
    "What has been tested, in how many people, and how sure the result is",
    [MapColumn(c, "#") for c in _COLUMNS],
    [
        MapRow(name, [MapCell("#", views.get(c, [])) for c in _COLUMNS], "#")
        for name, views in _MAP.items()
    ],
    [
        Approach("all", "All"),
        Approach("microdose", "Microdose"),
        Approach("psycholytic", "Psycholytic"),
        Approach("macrodose", "Full dose"),
        Approach("infusion", "Infusion"),
        Approach("other", "Other or unclear"),
    ],
)
