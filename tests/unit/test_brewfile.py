import pytest

from domain.brewfile import parse_brewfile

DUMPED = """
# Taps of our own
tap "acme/tools"
cask_args appdir: "~/Applications"

brew "jq"
brew 'openssl@3', link: true
brew("gtk+3")   # the toolkit
  brew "bat", args: ["with-#-in-it"], restart_service: :changed
brew "acme/tools/widget"
cask "firefox"
mas "Xcode", id: 497799835
if OS.mac?
  brew "mas"
end
"""


def test_reads_the_formulae_that_a_dumped_brewfile_names() -> None:
    assert parse_brewfile(DUMPED).formulae == ("jq", "openssl@3", "gtk+3", "bat", "mas")


def test_tells_the_lines_that_ask_for_something_else() -> None:
    assert parse_brewfile(DUMPED).ignored == (
        'tap "acme/tools"',
        'cask_args appdir: "~/Applications"',
        'brew "acme/tools/widget"',
        'cask "firefox"',
        'mas "Xcode", id: 497799835',
        "if OS.mac?",
        "end",
    )


@pytest.mark.parametrize(
    "line",
    [
        'brew "jq"',
        "brew 'jq'",
        'brew("jq")',
        'brew ("jq")',
        'brew"jq"',
        '\tbrew "jq"\r',
        'brew "JQ"',
        'brew "homebrew/core/jq"',
        'brew "Homebrew/homebrew-core/jq"',
        'brew "homebrew/homebrew/jq"',
    ],
)
def test_reads_a_name_however_it_is_written(line: str) -> None:
    assert parse_brewfile(line).formulae == ("jq",)


@pytest.mark.parametrize(
    "line",
    [
        'brew "jq',
        "brew jq",
        "brew \"jq'",
        'brewery "jq"',
        'brew ""',
        'brew "../jq"',
        'brew "myhomebrew/core/jq"',
        'brew "homebrew/cask/jq"',
    ],
)
def test_does_not_guess_at_a_line_that_it_cannot_read(line: str) -> None:
    brewfile = parse_brewfile(line)
    assert brewfile.formulae == ()
    assert brewfile.ignored == (line,)


def test_names_a_formula_once_and_where_it_came_first() -> None:
    text = 'brew "jq"\nbrew "bat"\nbrew "JQ"'
    assert parse_brewfile(text).formulae == ("jq", "bat")


@pytest.mark.parametrize("text", ["", "\n\n", "# brew 'jq'", "   # nothing"])
def test_an_empty_brewfile_names_nothing(text: str) -> None:
    brewfile = parse_brewfile(text)
    assert brewfile.formulae == brewfile.ignored == ()
