"""What a demo is to do, its results so far, and its folder."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmengine.runner import Runner

from mmdecon.refusal import refuse

from .stages import Stages
from .training import Scores, train, train_command

if TYPE_CHECKING:
    from .probing import Probed

DATA = Path('tests/data/nuclei')
PRETRAIN, FINETUNE = Path('projects/demo/configs/pretrain.py'), Path('projects/demo/configs/finetune.py')

STARTS = {'random': None, 'encoder': 'encoder', 'encoder+decoder': 'encoder+decoder'}
"""What fine-tuning starts from -> the part of the pre-trained network that it loads."""

MARKER = '.mmdecon-demo'  # tells a folder that the demo made, and may empty, from any other
PAIRS, SHOWN = 3, 4  # pairs of views, and images, in the pictures


@dataclass
class Demo:
    """What to do and, as it goes on, the results. Paths of configs and images are relative: run it in the clone.

    Attributes:
        out: Folder where everything is written.
        seeds: Of the fine-tuning runs: every start with every seed. Pre-training runs once, with its config's seed.
        quick: Two iterations of each training and four images, to see that everything works; the numbers mean nothing.
        exports: Part -> file.
        left_new: Part -> what the segmenter still initialises, a line a group.
        probed: What the probe found.
        scores: Start and seed -> scores.
        commands: What does the same by hand, in order.
    """

    out: Path
    seeds: tuple[int, ...] = (0,)
    quick: bool = False
    exports: dict[str, Path] = field(default_factory=dict)
    left_new: dict[str, str] = field(default_factory=dict)
    probed: 'Probed | None' = None
    scores: dict[tuple[str, int], Scores] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stages = Stages(6, self.out / 'error.log')

    def run_dir(self, start: str, seed: int) -> Path:
        """The folder of a fine-tuning run."""
        return self.out / 'finetune' / f'{start}_seed{seed}'

    def train(self, config: Path, work_dir: Path, options: dict[str, Any]) -> Runner:
        """Trains, and notes the command."""
        self.commands.append(train_command(config, work_dir, options))
        return train(config, work_dir, options)


def prepare(demo: Demo) -> None:
    """Makes the output folder, empty: what an earlier demo left is deleted, what anybody else left is not.

    Args:
        demo: Tells the folder.

    Raises:
        SystemExit: If the bundled images are absent, or the folder holds something else.
    """
    if not DATA.is_dir():
        refuse(f'there are no bundled images at {DATA}: run the demo at the top of a clone of the repository.')
    if demo.out.exists() and any(demo.out.iterdir()) and not (demo.out / MARKER).is_file():
        refuse(f'--out {demo.out} holds files that the demo did not make; name another folder, or an empty one.')
    shutil.rmtree(demo.out, ignore_errors=True)
    demo.out.mkdir(parents=True)
    (demo.out / MARKER).touch()
