"""Small quarters of FAERS for the tests."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

NAMES = {
    "DEMO": "primaryid$caseid$caseversion$i_f_code$event_dt$mfr_dt$init_fda_dt$fda_dt$rept_cod$auth_num$mfr_num$mfr_sndr$lit_ref$age$age_cod$age_grp$sex$e_sub$wt$wt_cod$rept_dt$to_mfr$occp_cod$reporter_country$occr_country",
    "DRUG": "primaryid$caseid$drug_seq$role_cod$drugname$prod_ai$val_vbm$route$dose_vbm$cum_dose_chr$cum_dose_unit$dechal$rechal$lot_num$exp_dt$nda_num$dose_amt$dose_unit$dose_form$dose_freq",
    "REAC": "primaryid$caseid$pt$drug_rec_act",
    "INDI": "primaryid$caseid$indi_drug_seq$indi_pt",
    "OUTC": "primaryid$caseid$outc_cod",
    "THER": "primaryid$caseid$dsg_drug_seq$start_dt$end_dt$dur$dur_cod",
    "RPSR": "primaryid$caseid$rpsr_cod",
}  # fmt: skip


def row(table: str, **values: object) -> str:
    return "$".join(str(values.get(name, "")) for name in NAMES[table].split("$"))


def report(primaryid: int, caseid: int, version: int, **more: object) -> dict[str, list[str]]:
    """Return the rows of one report: psilocybin suspected, headache, and what is given otherwise."""
    key = {"primaryid": primaryid, "caseid": caseid}
    return {
        "DEMO": [row("DEMO", **key, caseversion=version, fda_dt=more.get("fda_dt", "20240801"), age=44, age_cod="YR", sex="F", occr_country="US")],
        "DRUG": [row("DRUG", **key, drug_seq=i, role_cod=r, drugname=n, prod_ai=a) for i, (r, n, a) in enumerate(more.get("drugs", [("PS", "PSILOCYBIN", "PSILOCYBIN")]), 1)],  # type: ignore[arg-type,misc]
        "REAC": [row("REAC", **key, pt=p) for p in more.get("reactions", ["Headache"])],  # type: ignore[attr-defined]
        "INDI": [row("INDI", **key, indi_drug_seq=1, indi_pt=p) for p in more.get("indications", ["Depression"])],  # type: ignore[attr-defined]
        "OUTC": [row("OUTC", **key, outc_cod=c) for c in more.get("outcomes", ["HO"])],  # type: ignore[attr-defined]
        "THER": [row("THER", **key, dsg_drug_seq=1, start_dt="202407", end_dt="")],
        "RPSR": [],
    }  # fmt: skip


def tables(reports: Iterable[Mapping[str, list[str]]]) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {t: [] for t in NAMES}
    for one in reports:
        for table, rows in one.items():
            out[table] += rows
    return out


def write(path: Path, rows: Mapping[str, list[str]], *, deleted: Iterable[object] | None = None, encoding: str = "utf-8", end: str = "\r\n", leave_out: str = "", folder: str = "ASCII") -> Path:  # fmt: skip
    """Write a quarter as the FDA packs it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Readme.pdf", b"%PDF")
        for table, names in NAMES.items():
            if table != leave_out:
                text = end.join([names, *rows[table]]) + end
                archive.writestr(f"{folder}/{table}24Q3.txt", text.encode(encoding))
        if deleted is not None:
            archive.writestr("Deleted/DELETE24Q3.txt", " \r\n" + "".join(f"{d}\r\n" for d in deleted))  # fmt: skip
    return path
