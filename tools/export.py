"""Turns a training checkpoint into weights that a downstream library loads, proven by loading them there."""

from argparse import ArgumentParser, Namespace
from importlib import import_module

from mmdecon.export import (
    PARTS,
    Export,
    Source,
    Verification,
    convert,
    get_layout,
    read_source,
    require_destination,
    transplant,
    verify,
    write,
)
from mmdecon.refusal import refuse
from mmdecon.registry import LAYOUTS


def import_modules() -> ArgumentParser:
    """Reads ``--import`` before all else, as what it imports adds to the other arguments' choices."""
    parser = ArgumentParser(add_help=False)
    parser.add_argument(
        '--import', action='append', default=[], dest='modules', metavar='MODULE', help='registers a layout or decoder'
    )
    for name in parser.parse_known_args()[0].modules:
        try:
            import_module(name)
        except ImportError as error:
            refuse(f'--import {name}: {error}; PYTHONPATH must name the folder of the module. Nothing was written.')
    return parser


def parse() -> Namespace:
    """Reads the arguments."""
    parser = ArgumentParser(description=__doc__, parents=[import_modules()])
    parser.add_argument('checkpoint', help='of a DeCon run')
    parser.add_argument('out', help='the file to write, .pth or .safetensors')
    parser.add_argument(
        '--layout', choices=sorted(LAYOUTS.module_dict), required=True, help='whose names the tensors get'
    )
    parser.add_argument('--part', choices=PARTS, default=PARTS[1], help='default: %(default)s')
    parser.add_argument('--half', choices=['teacher', 'student'], default='teacher', help='default: %(default)s')
    parser.add_argument('--decoder', action='append', metavar='NAME', help='which decoder(s), by default all')
    parser.add_argument('--fold-norm', action='store_true', help="fold the neck's norms into its convolutions")
    parser.add_argument(
        '--transplant', action='store_true', help='move what fits into another decoder, that of the target'
    )
    parser.add_argument(
        '--target',
        metavar='CONFIG',
        help='the downstream config, or the name of a model, that it must fit',
    )
    parser.add_argument('--config', help="the run's config, for a checkpoint that holds none")
    return parser.parse_args()


def report(source: Source, export: Export, found: Verification, out: str, target: str | None) -> str:
    """Tells what was written and proven.

    Args:
        source: Where it came from.
        export: What was written.
        found: What was verified.
        out: The file.
        target: The downstream config, if one was given.
    """
    lines = [
        f'{out}: {len(export.state)} tensors of the {source.half}, {export.part}, for {export.layout}',
        f'same features in {get_layout(export.layout).proof}: {", ".join(found.equal)}',
    ]
    if found.incomparable:
        lines.append(f'not comparable, of another size there: {", ".join(found.incomparable)}')
    lines += describe(export)
    if export.untrained:
        lines.append(f'left out, as pre-training did not train it: {len(export.untrained)} tensors')
    if export.left_out:
        lines.append(f'left out, as {export.layout} has no place for it: {", ".join(export.left_out)}')
    if out.endswith('.safetensors') and get_layout(export.layout).safetensors:
        lines.append(get_layout(export.layout).safetensors)
    if target:
        lines += [f'{target} will still initialise:', found.fit.describe()]
    else:
        lines.append('the target was the exported parts alone; --target CONFIG lists what a model adds')
    return '\n'.join(lines)


def describe(export: Export) -> list[str]:
    """What a transplant did: every part that was moved, every tensor that was left and that is new."""
    lines = []
    for move in export.moves:
        names = [name.removeprefix(f'{move.target}.') for name in export.state if name.startswith(f'{move.target}.')]
        folded = ', norm folded' if move.folded else ''
        lines.append(f'moved: {move.source} -> {move.target} ({move.role}{folded}): {", ".join(names)}')
    lines += [f'left: {name} ({reason})' for name, reason in export.left.items()]
    return lines + [f'new: {name}' for name in export.new]


def make(source: Source, args: Namespace) -> Export:
    """Makes what the arguments ask for."""
    if args.transplant:
        return transplant(source, args.layout, args.target, args.decoder)
    return convert(source, args.layout, args.part, args.decoder, args.fold_norm, args.target)


def main() -> None:
    """Converts, verifies and writes; writes nothing unless all fits."""
    args = parse()
    try:
        if args.transplant and (not args.target or args.part != PARTS[1] or args.fold_norm):
            raise ValueError(
                '--transplant fills the decoder of a target and folds norms itself: give --target CONFIG, and neither '
                '--part encoder nor --fold-norm'
            )
        require_destination(args.out, args.checkpoint)
        source = read_source(args.checkpoint, args.half, args.config)
        export = make(source, args)
        found = verify(source, export, args.target)
        write(source, export, args.out)
    except (ValueError, OSError, ImportError) as error:
        refuse(f'{str(error).rstrip(".")}. Nothing was written.')
    print(report(source, export, found, args.out, args.target))


if __name__ == '__main__':
    main()
