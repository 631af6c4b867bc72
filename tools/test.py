"""Evaluates a checkpoint of mmpretrain, mmsegmentation or mmdetection with its config."""

from mmengine.runner import CheckpointLoader
from torch import nn

from mmdecon.cli import build_runner, common_parser, load_config, require_checkpoint
from mmdecon.processes import processes
from mmdecon.refusal import refuse, told_plainly


def require_fit(model: nn.Module, checkpoint: str) -> None:
    """Refuses a checkpoint that lacks tensors of the model; mmengine would only warn.

    Args:
        model: The model to evaluate, with or without a wrapper for distributed runs.
        checkpoint: Path of the checkpoint.
    """
    content = CheckpointLoader.load_checkpoint(checkpoint, map_location='cpu')
    weights = {key.removeprefix('module.') for key in content.get('state_dict', content)}
    missing = [key for key in getattr(model, 'module', model).state_dict() if key not in weights]
    if missing:
        refuse(
            f"the checkpoint '{checkpoint}' lacks {len(missing)} of the model's tensors, '{missing[0]}' among them: "
            'it was not made by training this config.'
        )


def main() -> None:
    """Parses the arguments and evaluates."""
    parser = common_parser(__doc__)
    parser.add_argument('checkpoint', help='path or URL of the checkpoint')
    args = parser.parse_args()
    cfg = load_config(args)
    if not cfg.get('test_dataloader'):
        refuse(f"the config '{args.config}' has no test_dataloader: evaluate pre-training by fine-tuning its export.")
    cfg.load_from = require_checkpoint(args.checkpoint, 'CHECKPOINT')
    with processes(cfg), told_plainly():
        runner = build_runner(cfg)
        require_fit(runner.model, cfg.load_from)
        runner.test()


if __name__ == '__main__':
    main()
