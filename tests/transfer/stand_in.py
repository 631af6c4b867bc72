"""Stands in for tools/train.py where bookkeeping is tested: takes its arguments and logs what a run would.

Fails if the run's seed is in the file ``fail`` beside this one's copy. Each start is a line of ``started`` there.
"""

import json
import runpy
import sys
from pathlib import Path

here, (config, _, work_dir) = Path(__file__).parent, sys.argv[1:4]
cfg = runpy.run_path(config)  # what mmengine dumps is Python; importing mmengine would take seconds
with open(here / 'started', 'a') as file:
    print(work_dir, *sys.argv[4:], file=file)
if str(cfg['randomness']['seed']) in (here / 'fail').read_text().split():
    sys.exit('this run was told to fail')
rate = cfg['optim_wrapper']['optimizer']['lr']
rows = [dict(loss=1.0, step=1), *(dict(mIoU=rate * 1000 + step, time=0.1, step=step) for step in (4, 8))]
scalars = Path(work_dir, 'stamp', 'vis_data', 'scalars.json')
scalars.parent.mkdir(parents=True)
scalars.write_text('\n'.join(map(json.dumps, rows)) + '\n')
Path(work_dir, 'iter_8.pth').touch()
