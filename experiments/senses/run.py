"""Trains AdaGram on English and on Russian text, and writes this folder's CSV files from the runs.

python experiments/senses/run.py OUT [key=value …]     called again, it goes on where it stood

The sweeps are OUT/english and OUT/russian; the texts and the test sets lie below EMBEDLAB_DATA. Further overrides, as
data.path=FILE for a trial, go to all runs. With --only LANGUAGE one of the sweeps.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

DATA = os.environ.get("EMBEDLAB_DATA", "data")
BOTH = ["experiment=adagram", "threads=1", "trainer.enable_progress_bar=false", "seed=1,2,3", "model.alpha=0.1,0.2,0.5"]
SWEEPS = {
    "english": [
        f"data.path={DATA}/enwiki_100m/enwiki_100m.txt.xz", "data.test_sets=[semeval2010,scws,ws353,simlex999,men]",
    ],
    "russian": [
        f"data.path={DATA}/ruslit_prose/ruslit_prose.txt.xz", "data.tokenizer.fold_yo=true",
        "+data.tokenizer.normal_form._target_=embedlab.text.Morphology",
        "data.test_sets=[russe_active_rnc,russe_wiki_wiki,russe_bts_rnc,russe_active_dict,hj,simlex965_ru]",
    ],
}  # fmt: skip


def main() -> int:
    """Run the sweeps, and copy the table of each to adagram_LANGUAGE.csv beside this file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", metavar="OUT", type=Path)
    parser.add_argument("overrides", nargs="*", metavar="key=value")
    parser.add_argument("--only", choices=list(SWEEPS))
    parser.add_argument("--to", metavar="FOLDER", type=Path, default=Path(__file__).parent, help="of the CSV files")
    options = parser.parse_intermixed_args()
    failed = 0
    for language in [options.only] if options.only else SWEEPS:
        sweep = options.out / language
        own = [*BOTH, *SWEEPS[language], f"name=senses_{language}", f"hydra.sweep.dir={sweep.absolute()}"]
        keys = [override.partition("=")[0] for override in options.overrides]
        command = [override for override in own if override.partition("=")[0] not in keys] + options.overrides
        failed |= subprocess.run(
            [sys.executable, "-m", "embedlab.cli", "train", "-m", *command], check=False
        ).returncode
        shutil.copy(sweep / "results.csv", options.to / f"adagram_{language}.csv")
    return failed


if __name__ == "__main__":
    sys.exit(main())
