"""The config of a fine-tuning run, made from its protocol's."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope
from torch import nn

from ..cli import RUNNER_KEYS
from ..option_keys import refuse_unknown_keys
from .images import Name, with_images
from .settings import Protocol, Start

LOADED, SEED, MISSED = 'mmdecon.VerifyLoad', 'mmdecon.SeedEachStep', 'mmdecon.EvaluateMissed'


def read_protocol(protocol: Protocol, start: Start) -> Config:
    """Reads the config of a protocol, changed as it and a start say.

    Raises:
        ValueError: If an option changes nothing that is read, or the config cannot be compared by.
    """
    cfg = Config.fromfile(protocol.config)
    for place, options in ((f'protocols.{protocol.name}', protocol.options), (f'starts.{start.name}', start.options)):
        _override(cfg, options, f'{place}.options')
    refuse_unknown_keys(cfg)
    for key in ('train_dataloader', 'val_dataloader', 'val_evaluator', 'optim_wrapper'):
        if not cfg.get(key):
            raise ValueError(f'{protocol.config} (protocols.{protocol.name}) has no {key}, which a comparison needs')
    return cfg


def build_model(cfg: Config) -> nn.Module:
    """The model of a config, as mmengine's runner builds it."""
    with DefaultScope.overwrite_default_scope(scope_of(cfg)):
        return MODELS.build(cfg.model)


def scope_of(cfg: Config) -> str:
    """Where types without a scope are looked up."""
    return cfg.get('default_scope') or 'mmengine'


def choose_images(cfg: Config, images: Sequence[Name], chosen: Sequence[Name], folder: Path) -> None:
    """Trains on some images, in place.

    Args:
        cfg: Of the run.
        images: All training images.
        chosen: Those with labels.
        folder: Where lists are written; there is none where all images have labels.
    """
    if list(chosen) != list(images):
        dataset = cfg.train_dataloader.dataset.to_dict()
        cfg.train_dataloader.dataset = with_images(dataset, scope_of(cfg), chosen, folder)


def validate_on(cfg: Config, train: Mapping[str, Any], chosen: Sequence[Name], folder: Path) -> None:
    """Scores on training images, seen as the validation sees its own, in place.

    Args:
        cfg: Of the run.
        train: The training dataset's config, with all images.
        chosen: The images to score on.
        folder: Where lists are written.
    """
    val = cfg.val_dataloader.dataset.to_dict()
    like_val = {key: val[key] for key in ('pipeline', 'test_mode') if key in val}
    members = [{**one, **like_val} for one in train.get('datasets', [train])]
    for member in members:
        member.pop('filter_cfg', None)
    dataset = {**train, 'datasets': members} if 'datasets' in train else members[0]
    cfg.val_dataloader.dataset = with_images(dataset, scope_of(cfg), chosen, folder)
    evaluators = cfg.val_evaluator if isinstance(cfg.val_evaluator, list) else [cfg.val_evaluator]
    for evaluator in evaluators:
        if 'ann_file' in evaluator:  # of COCO's format
            evaluator.ann_file = cfg.val_dataloader.dataset.ann_file


def make_resumable(cfg: Config, is_export: bool) -> None:
    """Adds what makes an interrupted run equal one that was not, in place; all starts see the same draws by it.

    Args:
        cfg: Of the run.
        is_export: Whether ``load_from`` is an export of mmdecon.
    """
    hooks = [hook for hook in cfg.get('custom_hooks') or [] if hook.get('type') not in (LOADED, SEED, MISSED)]
    if cfg.get('load_from'):
        hooks.append(dict(type=LOADED, any_checkpoint=not is_export))
    cfg.custom_hooks = [*hooks, dict(type=SEED), dict(type=MISSED)]
    loader = cfg.train_dataloader
    if (loader.get('sampler') or {}).get('type') == 'InfiniteSampler' and not loader.get('batch_sampler'):
        loader.sampler.type = 'mmdecon.EndlessViewSampler'
        loader.dataset = dict(type='mmdecon.SeededDraws', dataset=loader.dataset.to_dict())


def _override(cfg: Config, options: Mapping[str, Any], place: str) -> None:
    """Replaces values of a config, in place, or refuses."""
    for key in options:
        if str(key).partition('.')[0] not in RUNNER_KEYS:
            raise ValueError(
                f"{place}.'{key}' is nothing that a run reads: give dotted keys such as 'train_cfg.max_iters', not "
                'variables that the config file has used up'
            )
    try:
        cfg.merge_from_dict(dict(options))
    except (KeyError, TypeError) as error:
        raise ValueError(f'{place}: {error.args[0]}') from error
