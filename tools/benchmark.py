"""Measures what training costs: ratios of configs, side by side in one run."""

import json
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path

import torch

from mmdecon.benchmark import Cost, compare_steps, loss, views
from mmdecon.refusal import refuse


def parse() -> Namespace:
    """Reads the arguments."""
    parser = ArgumentParser(description=__doc__)
    kinds = parser.add_subparsers(dest='kind', required=True)
    step = kinds.add_parser('step', help='time and memory of a training step')
    step.add_argument('configs', nargs='+', help='pre-training configs; the first is the unit of the ratios')
    step.add_argument('--batch', type=int, default=2, help='images (default: %(default)s)')
    step.add_argument('--size', type=int, default=224, help='side of a view in pixels (default: %(default)s)')
    step.add_argument('--turns', type=int, default=5, help='steps that count (default: %(default)s)')
    step.add_argument('--threads', type=int, default=torch.get_num_threads(), help='of a step on a CPU')
    step.add_argument('--json', metavar='OUT', help='a file for the figures')
    views.add_parser(kinds)
    loss.add_parser(kinds)
    return parser.parse_args()


def row(cost: Cost) -> str:
    """One line of the table."""
    return (
        f'| {Path(cost.config).stem} | {cost.seconds:.2f} | {cost.ratio:.2f} | {cost.memory:.1f} | '
        f'{cost.parameters / 1e6:.1f} |'
    )


def main() -> None:
    """Measures, and prints each row as soon as it is known."""
    args = parse()
    if 'run' in args:
        return args.run(args)
    for config in args.configs:
        if not Path(config).is_file():
            refuse(f"there is no config file '{config}'.")
    torch.set_num_threads(args.threads)
    print('| config | seconds a step | ratio | peak GiB | million parameters |\n|---|---|---|---|---|', flush=True)
    costs = []
    for cost in compare_steps(args.configs, args.batch, args.size, args.turns):
        costs.append(asdict(cost))
        print(row(cost), flush=True)
    if args.json:
        Path(args.json).write_text(json.dumps(dict(vars(args), costs=costs), indent=1))


if __name__ == '__main__':
    main()
