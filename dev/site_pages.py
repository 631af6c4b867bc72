"""Hooks of mkdocs: pages from outside docs/, and links to files that are no pages.

Files of the repository link each other as they lie there, so that links work on the forge, too. In the site a link to
another page stays one; a link to any other file becomes one to the repository.
"""

import logging
import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r'(\]\()([^)\s]+)(\))')
log = logging.getLogger('mkdocs.hooks.site_pages')


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages that ``extra.pages`` names: files, or folders with a README each."""
    for entry in config.extra['pages']:
        path = ROOT / entry
        for page in sorted(path.rglob('README.md')) if path.is_dir() else [path]:
            name = page.relative_to(ROOT).as_posix()
            files.append(File.generated(config, name, abs_src_path=str(page)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Rewrites the links of a page."""
    return LINK.sub(lambda found: found[1] + _link(found[2], page.file, config, files) + found[3], markdown)


def _link(link: str, page: File, config: MkDocsConfig, files: Files) -> str:
    """What a link becomes in the site."""
    path, hash_, anchor = link.partition('#')
    if not path or '://' in link or link.startswith('mailto:'):
        return link
    here = posixpath.dirname(_in_repository(page.src_uri))
    target = posixpath.normpath(posixpath.join(here, path))
    in_site = target.removeprefix('docs/')
    if files.get_file_from_path(in_site):
        return posixpath.relpath(in_site, posixpath.dirname(page.src_uri) or '.') + hash_ + anchor
    if not (ROOT / target).exists():
        log.warning('%s links %s, which does not exist', page.src_uri, link)
    kind = 'tree' if (ROOT / target).is_dir() else 'blob'
    return f'{config.repo_url}/{kind}/main/{target}{hash_}{anchor}'


def _in_repository(src_uri: str) -> str:
    """Where a page of the site lies in the repository."""
    return f'docs/{src_uri}' if (ROOT / 'docs' / src_uri).exists() else src_uri
