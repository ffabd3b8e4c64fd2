"""A quarter of FAERS through the scan, against whole tables joined by pandas, each in a process of its own.

The quarter is generated: as many reports as asked (argument, 200,000 by default), five drugs and three
reactions each in the mean. Both sides find the latest version of each case with psilocybin among its drugs and a
headache among its reactions, and must agree. ``FAERS_OUT`` names a file to which the table is also written.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

NAMES = {
    "DEMO": "primaryid$caseid$caseversion$i_f_code$event_dt$mfr_dt$init_fda_dt$fda_dt$rept_cod$auth_num$mfr_num$mfr_sndr$lit_ref$age$age_cod$age_grp$sex$e_sub$wt$wt_cod$rept_dt$to_mfr$occp_cod$reporter_country$occr_country",
    "DRUG": "primaryid$caseid$drug_seq$role_cod$drugname$prod_ai$val_vbm$route$dose_vbm$cum_dose_chr$cum_dose_unit$dechal$rechal$lot_num$exp_dt$nda_num$dose_amt$dose_unit$dose_form$dose_freq",
    "REAC": "primaryid$caseid$pt$drug_rec_act", "INDI": "primaryid$caseid$indi_drug_seq$indi_pt", "OUTC": "primaryid$caseid$outc_cod",
    "THER": "primaryid$caseid$dsg_drug_seq$start_dt$end_dt$dur$dur_cod", "RPSR": "primaryid$caseid$rpsr_cod",
}  # fmt: skip
MEASURED = r"""
import json, re, sys, time
start = time.process_time()
{work}
print(json.dumps({{"cpu": time.process_time() - start, "memory": int(re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1]) / 1024, "found": found}}))
"""
OURS = """
from aponia.literature.scan import jobs_of, scan_file
part = scan_file(jobs_of([sys.argv[1]], sys.argv[2], sys.argv[3])[0])
assert part.state == "complete", part.problems
found = part.matches
"""
PEER = """
import zipfile
import pandas as pd
with zipfile.ZipFile(sys.argv[1]) as archive:
    def table(name, columns):
        with archive.open(f"ASCII/{name}24Q3.txt") as handle:
            return pd.read_csv(handle, sep="$", dtype=str, quoting=3, keep_default_na=False, usecols=columns)
    demo = table("DEMO", ["primaryid", "caseid", "caseversion"])
    drug = table("DRUG", ["primaryid", "drugname", "prod_ai"])
    reac = table("REAC", ["primaryid", "pt"])
    indi, outc = table("INDI", ["primaryid", "indi_pt"]), table("OUTC", ["primaryid", "outc_cod"])
demo["version"] = demo["caseversion"].astype(int)
demo = demo.sort_values("version").groupby("caseid").tail(1)
mask = drug["drugname"].str.contains("psilocybin", case=False, regex=False) | drug["prod_ai"].str.contains("psilocybin", case=False, regex=False)
ids = set(drug.loc[mask, "primaryid"]) & set(reac.loc[reac["pt"].str.contains("headache", case=False, regex=False), "primaryid"])
demo = demo[demo["primaryid"].isin(ids)]
lists = [t[t["primaryid"].isin(ids)].groupby("primaryid").agg(list) for t in (drug, reac, indi, outc)]
for some in lists:
    demo = demo.merge(some, how="left", left_on="primaryid", right_index=True)
found = len(demo)
"""


def row(table: str, **values: object) -> str:
    """Return a line of a table."""
    return "$".join(str(values.get(name, "")) for name in NAMES[table].split("$"))


def made_quarter(path: Path, reports: int, seed: int = 3) -> int:
    """Write a quarter, return the bytes of its tables; every twentieth report is a second version."""
    r = random.Random(seed)
    names = [f"DRUG {i} {r.choice(['TABLET', 'INJECTION', 'PHARMA'])}" for i in range(40_000)]
    terms = [f"Reaction term {i}" for i in range(8000)]
    out: dict[str, list[str]] = {t: [names_] for t, names_ in NAMES.items()}
    for i in range(reports):
        case, version = 10_000_000 + i - (i % 20 == 1), 1 + (i % 20 == 1)
        key = {"primaryid": f"{case}{version}", "caseid": case}
        out["DEMO"].append(row("DEMO", **key, caseversion=version, i_f_code="I", event_dt="20240501", mfr_dt="20240701", init_fda_dt="20240702", fda_dt="20240702", rept_cod="EXP", mfr_num=f"US-MAKER INC-{case}", mfr_sndr="MAKER", age=r.randint(1, 90), age_cod="YR", sex="F", e_sub="Y", wt=70, wt_cod="KG", rept_dt="20240702", occp_cod="MD", reporter_country="US", occr_country="US"))  # fmt: skip
        for j in range(1, r.randint(2, 10)):
            name = names[int(40_000 * r.random() ** 3)] if r.random() > 0.0005 else "PSILOCYBIN"
            out["DRUG"].append(row("DRUG", **key, drug_seq=j, role_cod="PS" if j == 1 else "C", drugname=name, prod_ai=name, val_vbm=1, route="Oral", dechal="U", nda_num=r.randint(10_000, 99_999), dose_form="Tablet"))  # fmt: skip
            out["INDI"].append(row("INDI", **key, indi_drug_seq=j, indi_pt=r.choice(terms)))
        for _ in range(r.randint(1, 6)):
            out["REAC"].append(row("REAC", **key, pt=r.choice(terms) if r.random() > 0.05 else "Headache"))  # fmt: skip
        out["OUTC"].append(row("OUTC", **key, outc_cod="OT"))
        out["THER"].append(row("THER", **key, dsg_drug_seq=1, start_dt="20240401"))
    size = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for table, lines in out.items():
            data = ("\r\n".join(lines) + "\r\n").encode()
            size += len(data)
            archive.writestr(f"ASCII/{table}24Q3.txt", data)
    return size


def measured(work: str, *args: str) -> dict[str, float]:
    """Run code in a process of its own; processor seconds (imports counted), largest memory in MB, cases found."""
    run = subprocess.run([sys.executable, "-c", MEASURED.format(work=work), *args], check=True, capture_output=True, text=True)  # fmt: skip
    result: dict[str, float] = json.loads(run.stdout)
    return result


def main(reports: int = 200_000) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        path = work / "faers_ascii_2024Q3.zip"
        size = made_quarter(path, reports)
        lines = [f"One quarter: {reports:,} reports, {size / 1e6:.0f} MB of text, {path.stat().st_size / 1e6:.1f} MB packed.\n",
                 "| | CPU s | largest memory, MB | cases |", "| --- | ---: | ---: | ---: |"]  # fmt: skip
        narrow = "psilocybin[drug] AND headache[reac]"
        theirs = measured(PEER, str(path))
        ours = measured(OURS, str(path), str(work / "out"), narrow)
        assert ours["found"] == theirs["found"], (ours, theirs)
        rows = [("whole tables, pandas, the same question", theirs), (f"aponia scan, `{narrow}`", ours)]  # fmt: skip
        rows += [(f"aponia scan, `{q}`", measured(OURS, str(path), str(work / "out"), q)) for q in ("headache[reac]", "NOT headache[reac]")]  # fmt: skip
        lines += [f"| {label} | {r['cpu']:.1f} | {r['memory']:.0f} | {r['found']:,} |" for label, r in rows]  # fmt: skip
        print("\n".join(lines))
    if target := os.environ.get("FAERS_OUT"):
        Path(target).write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:2]))
