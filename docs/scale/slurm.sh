#!/bin/bash
# A Dask cluster inside one SLURM allocation: a scheduler, a worker on every core, one scan.
# All nodes see the same folders; adjust the four lines below. Then: sbatch docs/scale/slurm.sh
#SBATCH --job-name=aponia-scan
#SBATCH --ntasks=100
#SBATCH --cpus-per-task=1
#SBATCH --mem-per-cpu=1G
#SBATCH --time=01:00:00
set -euo pipefail
BASELINE=/shared/pubmed/baseline
OUT=/shared/scans/psilocybin-pain
QUERY='psilocybin[tiab] AND (pain[tiab] OR headache*[tiab])'
VENV=/shared/aponia/.venv

export OMP_NUM_THREADS=1
scheduler="$OUT/scheduler-$SLURM_JOB_ID.json"
mkdir -p "$OUT"
"$VENV/bin/dask" scheduler --scheduler-file "$scheduler" --no-dashboard &
until [ -s "$scheduler" ]; do sleep 1; done
srun --overlap "$VENV/bin/dask" worker --scheduler-file "$scheduler" --nthreads 1 --memory-limit 1GB --no-dashboard &
address=$("$VENV/bin/python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["address"])' "$scheduler")
"$VENV/bin/aponia" scan "$BASELINE" --query "$QUERY" --out "$OUT" --scheduler "$address" --json > "$OUT/summary-$SLURM_JOB_ID.json"
kill %1 %2
