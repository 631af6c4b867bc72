"""Processor time of data paths, in one thread."""

from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from time import process_time
from typing import Any

import cv2
import torch

from mmdecon.datasets import TwoViews
from mmdecon.files import write_json
from mmdecon.images.seeding import seeded
from mmdecon.registry import TRANSFORMS

PACKAGES = ('torch', 'torchvision', 'pillow', 'numpy')


def two_views_of(pipeline: Sequence[dict]) -> TwoViews:
    """Builds the step of a config's pipeline that torchvision's imitates."""
    (views,) = (step for step in pipeline if step['type'] == 'mmdecon.TwoViews')
    return TRANSFORMS.build(views)


def reading(run: Callable[[str], Any], folder: str) -> Callable[[str], Any]:
    """Makes a pipeline that takes paths take names of images in a folder."""
    return lambda name: run(str(Path(folder, name)))


def time_images(run: Callable[[str], Any], names: Sequence[str], seed: int) -> float:
    """Measures a pipeline.

    Args:
        run: Takes an image's name.
        names: Of the images.
        seed: Of what it draws.

    Returns:
        Processor seconds an image.
    """
    with seeded(seed):
        start = process_time()
        for name in names:
            run(name)
        return (process_time() - start) / len(names)


@contextmanager
def one_thread() -> Iterator[None]:
    """Keeps OpenCV and torch to one thread, as in a data loader's worker."""
    threads = cv2.getNumThreads(), torch.get_num_threads()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads[0])
        torch.set_num_threads(threads[1])


def write_figures(args: Namespace, speeds: Sequence[Any], **more: Any) -> None:
    """Writes figures as JSON, with what was asked for and the versions of the libraries.

    Args:
        args: Of the parser; ``json`` is the file.
        speeds: Dataclasses.
        **more: Other figures.
    """
    figures = {key: value for key, value in vars(args).items() if key != 'run'}
    figures.update(more, speeds=[asdict(speed) for speed in speeds])
    figures.update(versions={name: version(name) for name in PACKAGES} | {'opencv': cv2.__version__})
    write_json(args.json, figures)
