import tomllib
from dataclasses import replace
from pathlib import PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.configuration import configure
from adapters.configuration_sources import settings
from domain.config import BucketAddress, FolderAddress, StoreAddress, SyncConfig
from domain.selection import Selection, TargetTags
from domain.tags import Tag
from entrypoints.cli.init_file import file_text

TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\0"), min_size=1
).filter(lambda text: text.strip() != "" and "://" not in text)
STORES: st.SearchStrategy[StoreAddress] = st.one_of(
    TEXT.map(lambda text: FolderAddress(PurePath(text))),
    st.sampled_from([BucketAddress("bottles"), BucketAddress("b-1.x", "a/b c")]),
)
TAGS = st.one_of(
    st.integers(1, 999).map(lambda number: TargetTags(latest=number)),
    st.lists(
        st.sampled_from([Tag("arm64_sonoma"), Tag("x86_64_linux"), Tag("sonoma")]),
        min_size=1,
    ).map(lambda tags: TargetTags(tuple(tags))),
)


def read_back(text: str) -> SyncConfig:
    return configure(settings(tomllib.loads(text))).config


@given(store=STORES, tags=TAGS, names=st.lists(TEXT).map(tuple), deps=st.booleans())
def test_the_file_is_read_as_what_was_answered(
    *, store: StoreAddress, tags: TargetTags, names: tuple[str, ...], deps: bool
) -> None:
    selection = Selection(tags, names, with_deps=deps and bool(names))
    config = replace(configure().config, store=store, selection=selection)

    assert read_back(file_text(config, None)) == config


def test_what_is_commented_out_is_what_holds_without_it() -> None:
    text = file_text(SyncConfig(), None)
    lines = [line.removeprefix("# ") for line in text.splitlines()]
    kept = [line for line in lines if " = " in line and not line.startswith("form")]
    settled = [line for line in kept if not line.startswith("with_deps")]

    assert len(settled) > 6
    assert read_back("\n".join(settled)) == configure().config


def test_text_that_utf_8_cannot_spell_is_not_half_written() -> None:
    config = SyncConfig(FolderAddress(PurePath("mirror\udcff")))

    with pytest.raises(UnicodeEncodeError):
        file_text(config, None).encode()
