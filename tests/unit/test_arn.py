import pytest

from domain.arn import region_of


@pytest.mark.parametrize(
    ("name", "region"),
    [
        ("arn:aws:sns:eu-central-1:123456789012:alerts", "eu-central-1"),
        ("arn:aws-us-gov:secretsmanager:us-gov-west-1:1:secret:a", "us-gov-west-1"),
        ("arn:aws:s3:::bottles", None),
        ("homebrew-sync/slack-webhook", None),
        ("arn", None),
        ("arn:aws:sns", None),
        ("", None),
    ],
)
def test_an_arn_names_its_region_and_other_names_do_not(
    name: str, region: str | None
) -> None:
    assert region_of(name) == region
