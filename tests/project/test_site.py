"""The site is built without a warning, asks the network for nothing, and is read on a phone as on a wide screen."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.support import browser

ROOT = Path(__file__).parents[2]
PARTS = ("start", "lesson", "how_to", "reference", "how_it_works", "benchmarks", "in_the_wild", "decisions")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return the folder of the site, built anew."""
    pytest.importorskip("sphinx")
    folder = tmp_path_factory.mktemp("site")
    options = ["-W", "--keep-going", "-q", "-b", "html", "-d", str(folder / "trees")]
    command = [sys.executable, "-m", "sphinx", *options, "docs", str(folder / "html")]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout + run.stderr) == (0, "")
    return folder / "html"


@pytest.fixture(scope="module")
def pages(site):
    """Return what each page has: its links, what it loads, and the places that links may name."""
    return {path: Page(path) for path in sorted(site.rglob("*.html")) if "_static" not in path.parts}


class Page(HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, path):
        super().__init__()
        self.links, self.loaded, self.anchors = [], [], {""}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.anchors |= {found[name] for name in ("id", "name") if found.get(name)}
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        elif tag == "link" and found.get("href"):
            self.loaded.append(found["href"])
        elif found.get("src"):
            self.loaded.append(found["src"])


def test_it_has_its_parts(site):
    found = {path.relative_to(site).parts[0].removesuffix(".html") for path in site.rglob("*.html")}
    assert set(PARTS) - found == set()


def test_it_loads_local_files_alone(pages):
    assert [(page.name, src) for page, has in pages.items() for src in has.loaded if urlsplit(src).netloc] == []


def test_its_links_lead_somewhere(pages):
    assert [
        (page.name, link) for page, has in pages.items() for link in has.links if not leads(link, page, pages)
    ] == []


def leads(link, page, pages):
    """Return whether there is what a link of a page names; other sites are not asked."""
    parts = urlsplit(link)
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    at_hand = target.is_file() and (target not in pages or unquote(parts.fragment) in pages[target].anchors)
    return bool(parts.scheme) or at_hand


def test_every_example_of_the_pages_is_shown(site):
    """What the tests run is what readers see: no page of docs/ is left out."""
    sources = {path.relative_to(ROOT / "docs").with_suffix("") for path in (ROOT / "docs").rglob("*.md")}
    shown = {path.relative_to(site).with_suffix("") for path in site.rglob("*.html")}
    assert sources - shown == set()


def test_attributes_of_one_entry_are_shown_one_by_one(site):
    page = (site / "reference" / "verify.html").read_text(encoding="utf-8")
    shown = re.findall(r"<strong>(\w+)</strong> \(<em>(.*?)</em>", page)
    assert [(name, kind) for name, kind in shown if kind.endswith(",")] == []
    assert shown[shown.index(("function", "str")) :][:2] == [("function", "str"), ("hand", "str")]
    assert "Variables<span" not in page


@pytest.mark.skipif(browser.find() is None, reason="there is no Chromium")
def test_pages_fit_the_screen(site, pages):
    too_wide = []
    with browser.Browser(browser.find()) as window:
        for page in pages:
            window.open(page)
            for width in (390, 1280):
                screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
                window.call("Emulation.setDeviceMetricsOverride", **screen)
                if window.evaluate("document.documentElement.scrollWidth") > width:
                    too_wide.append((page.relative_to(site).as_posix(), width))
        complaints = window.complaints
    assert (too_wide, complaints) == ([], [])


def test_formulas_are_mathml(site):
    text = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.html"))
    assert re.search(r"<math ", text)
