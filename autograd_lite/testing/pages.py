"""The pages that a test run writes of the gradients that it verified: one for each test, and a table of all."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autograd_lite.verification.report import Report
from autograd_lite.verification.verdict import WORST_FIRST

_GOOD = ("right", "kink")
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>
:root {{ color-scheme: light dark; --page: #fbfbfa; --card: #fff; --ink: #1d2126; --quiet: #5c656d; --edge: #d9dde1;
  --link: #1f5fbf; --good: #1a7f37; --bad: #b3261e; --open: #8a6100; }}
@media (prefers-color-scheme: dark) {{ :root {{ --page: #14171a; --card: #1d2125; --ink: #e7eaed; --quiet: #98a2ab;
  --edge: #3a4249; --link: #7fb2ff; --good: #6fce86; --bad: #ff8f85; --open: #e0b84c; }} }}
* {{ box-sizing: border-box; }}
body {{ margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }}
main {{ max-width: 60rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }}
h1 {{ font-size: 1.15rem; }}
a {{ color: var(--link); }}
code, pre {{ font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: 13px; }}
section {{ background: var(--card); border: 1px solid var(--edge); border-radius: 8px; padding: .2rem .9rem .9rem;
  margin: 0 0 1rem; }}
section td:nth-child(2) {{ overflow-wrap: normal; }}
.quiet {{ color: var(--quiet); }}
.good {{ color: var(--good); }} .bad {{ color: var(--bad); }} .open {{ color: var(--open); }}
.all {{ border-collapse: collapse; width: 100%; }}
.all th {{ text-align: left; color: var(--quiet); font-size: .8rem; }}
.all th, .all td {{ padding: .35rem 1rem .35rem 0; border-bottom: 1px solid var(--edge); vertical-align: top; }}
.all td:first-child {{ font-weight: 600; overflow-wrap: normal; }}
@media (max-width: 40rem) {{
  .all thead {{ display: none; }}
  .all tr, .all td {{ display: block; }}
  .all tr {{ padding: .4rem 0; border-bottom: 1px solid var(--edge); }}
  .all td {{ border: 0; padding: 0; }}
}}
</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


@dataclass(frozen=True)
class Entry:
    """A gradient that was verified, in strings alone, which pass from one process to another.

    Attributes
    ----------
    function, hand, verdict : str
        Those of the report.
    point : str
        What is to be said of the point.
    shown : str
        The report as HTML.
    """

    function: str
    hand: str
    verdict: str
    point: str
    shown: str


def entry(report: Report, point: str) -> dict[str, str]:
    """Return what the pages say of a report, as a dict of strings."""
    return asdict(Entry(report.function, report.hand, report.verdict, point, report._repr_html_()))


def write(folder: Path, verified: Mapping[str, Iterable[dict[str, Any]]]) -> str:
    """Write a page for each test, and ``index.html`` with a table of all; return how many gradients are right.

    Parameters
    ----------
    folder : Path
        Made where it is missing. Other files in it stay.
    verified : mapping of str to iterables
        What `entry` returned for each gradient, by the test's id. Reports that look the same are shown once.
    """
    folder.mkdir(parents=True, exist_ok=True)
    counts = {test: _counted(given) for test, given in sorted(verified.items())}
    for test, counted in counts.items():
        _write(folder / page_name(test), test, _body(test, counted))
    rows = [
        (found, number, test, f"{page_name(test)}#gradient-{i}")
        for test, counted in counts.items()
        for i, (found, number) in enumerate(counted.items(), 1)
    ]
    rows.sort(key=lambda row: WORST_FIRST.index(row[0].verdict))  # those of one verdict stay in the order of their ids
    said = _summary([found.verdict for found, number, *_ in rows for _ in range(number)])
    _write(folder / "index.html", "Verified gradients", "\n".join(_table(rows, said)))
    return said


def page_name(test: str) -> str:
    """Return the name of a test's page: letters that every file system takes, different for different tests."""
    readable = re.sub(r"[^A-Za-z0-9_.]+", "-", test).strip("-.")[-100:]
    return f"{readable}-{hashlib.sha256(test.encode('utf-8', 'backslashreplace')).hexdigest()[:8]}.html"


def _counted(given: Iterable[dict[str, Any]]) -> dict[Entry, int]:
    """Return different entries in their order, and how often each was given."""
    counts: dict[Entry, int] = {}
    for one in given:
        found = Entry(**one)
        counts[found] = counts.get(found, 0) + 1
    return counts


def _write(path: Path, title: str, body: str) -> None:
    path.write_text(_PAGE.format(title=html.escape(title), body=body), encoding="utf-8", errors="backslashreplace")


def _body(test: str, counted: Mapping[Entry, int]) -> str:
    title = f'<span class="quiet">Verified in</span> {html.escape(test)}'
    parts = ['<p><a href="index.html">All verified gradients</a></p>', f"<h1>{title}</h1>"]
    for i, (found, number) in enumerate(counted.items(), 1):
        said = [found.point] if found.point else []
        said += [f"verified {number} times, with this report"] if number > 1 else []
        below = "".join(f'<p class="quiet">{html.escape(text)}</p>' for text in said)
        parts.append(f'<section id="gradient-{i}">{found.shown}{below}</section>')
    return "\n".join(parts)


def _table(rows: Sequence[tuple[Entry, int, str, str]], said: str) -> Iterator[str]:
    yield f"<h1>Verified gradients</h1>\n<p>{said}</p>"
    if not rows:
        return
    yield '<table class="all">\n<thead><tr><th>verdict</th><th>gradient</th><th>test</th></tr></thead>\n<tbody>'
    for found, number, test, link in rows:
        kind = "good" if found.verdict in _GOOD else "bad" if found.verdict == "wrong" else "open"
        times = f' <span class="quiet">{number} times</span>' if number > 1 else ""
        yield (
            f'<tr><td class="{kind}">{found.verdict}</td>'
            f"<td><code>{html.escape(found.hand)}</code> of <code>{html.escape(found.function)}</code>{times}</td>"
            f'<td><a href="{link}">{html.escape(test)}</a></td></tr>'
        )
    yield "</tbody>\n</table>"


def _summary(verdicts: Sequence[str]) -> str:
    """Say how many gradients were verified, and how many of them are right."""
    if not verdicts:
        return "no gradients were verified"
    good = sum(verdict in _GOOD for verdict in verdicts)
    parts = [f"{good} right", f"{verdicts.count('wrong')} wrong"]
    parts += [f"{rest} not judged"] if (rest := len(verdicts) - good - verdicts.count("wrong")) else []
    return f"{len(verdicts)} gradient{'s' * (len(verdicts) > 1)} verified: {', '.join(parts)}"
