"""What a mirror may be told of how it shows itself, and of what it lets go."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.configuration import configure, written
from adapters.configuration_sources import ConfigurationError, options
from domain.errors import InvalidValueError
from domain.exposure_config import ExposureConfig, parse_share, parse_views


def told(**values: object) -> ExposureConfig:
    return configure(options(values)).config.exposure


@pytest.mark.parametrize(
    ("text", "views"),
    [
        ("registry", ("registry",)),
        ("flat, registry", ("registry", "flat")),
        ("flat flat", ("flat",)),
        ("none", ()),
    ],
)
def test_views_are_told_in_any_order(text: str, views: tuple[str, ...]) -> None:
    assert parse_views(text) == views


@pytest.mark.parametrize("text", ["", " ", "oci", "none,flat", "registry;flat"])
def test_what_is_no_view_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError, match="registry, flat, both"):
        parse_views(text)


@pytest.mark.parametrize(("text", "share"), [("10%", 10), ("0 %", 0), ("100%", 100)])
def test_a_share_is_told_in_per_cent(text: str, share: int) -> None:
    assert parse_share(text) == share


@pytest.mark.parametrize("text", ["10", "101%", "-1%", "5.5%", "%"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError, match="as 10%"):
        parse_share(text)


def test_a_mirror_that_is_told_nothing_serves_the_registry_view() -> None:
    told_nothing = told()
    assert told_nothing == ExposureConfig()
    assert told_nothing.views == ("registry",)
    assert told_nothing.publish
    assert told_nothing.grace == timedelta(days=30)


def test_no_days_of_grace_is_for_ever() -> None:
    assert told(retention_days=0).grace is None


def test_what_is_told_is_written_as_it_is_read() -> None:
    said = {
        "views": ["flat", "registry"],
        "publish": "no",
        "keep_generations": "6",
        "retention_days": 14,
        "gc_auto": True,
        "max_evict": "25%",
    }
    configuration = configure(options(said))
    rewritten = written(configuration)
    assert configure(options(rewritten)) == configuration
    assert rewritten["views"] == "registry,flat"
    assert rewritten["max_evict"] == "25%"
    assert written(configure(options({"views": "none"})))["views"] == "none"


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("keep_generations", 1, "2 or more"),
        ("retention_days", -1, "0 or more"),
        ("max_evict", 10, "text"),
        ("views", [], "text"),
        ("publish", "perhaps", "true or false"),
    ],
)
def test_a_mistake_is_named(name: str, value: object, wanted: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{name.replace('_', '-')}.*{wanted}"):
        told(**{name: value})
