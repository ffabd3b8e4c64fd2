"""Run every benchmark of this folder: ``python -m benchmarks [name …]``."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main(wanted: list[str]) -> int:
    """Run ``main()`` of each ``bench_*.py`` (or of those named), one after the other."""
    files = sorted(HERE.glob("bench_*.py"))
    names = {path.stem.removeprefix("bench_"): path for path in files}
    unknown = [name for name in wanted if name not in names]
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(names)}")
        return 2
    for name in wanted or names:
        print(f"\n== {name}")
        spec = importlib.util.spec_from_file_location(names[name].stem, names[name])
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        module.main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
