"""Fine-tunes from several starts, on the same labelled images and seeds, and compares them in pairs.

Runs what is missing: started again, it goes on where it was interrupted. See docs/transfer.md.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mmengine.logging import MMLogger

from mmdecon.refusal import refuse
from mmdecon.transfer import Trainer, compare, list_runs, read_settings


def parse() -> Namespace:
    """Reads the arguments."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument('config', help='what is compared: starts, protocols, labels, seeds, rates')
    parser.add_argument('--jobs', type=int, default=1, metavar='N', help='runs at once (default: 1)')
    parser.add_argument('--gpus', nargs='+', metavar='GPU', help='which ones, one for each run at once')
    parser.add_argument('--work-dir', help="where everything goes (default: the config's work_dir)")
    parser.add_argument('--renew', action='store_true', help='run those anew whose options or start file have changed')
    parser.add_argument('--dry-run', action='store_true', help='list the runs and which are done, and do nothing')
    return parser.parse_args()


def main() -> None:
    """Compares and tells."""
    args = parse()
    MMLogger.get_instance('transfer', log_level='WARNING')  # or mmengine tells how each tensor was initialised
    if args.jobs < 1:
        refuse(f'--jobs is {args.jobs}: give at least one')
    try:
        settings = read_settings(args.config, args.work_dir)
        if args.dry_run:
            print('\n'.join(list_runs(settings)))
            return
        trainer = Trainer(
            Path(__file__).with_name('train.py'), args.jobs, args.gpus, lambda line: print(line, flush=True)
        )
        text = compare(settings, trainer, args.renew)
    except (ValueError, OSError, ModuleNotFoundError) as error:
        refuse(str(error))
    print(f'\n{text}\nwritten to {settings.work_dir}')


if __name__ == '__main__':
    main()
