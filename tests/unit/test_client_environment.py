from domain.client_environment import brew_env, client_variables, shell_lines

MIRROR = "http://127.0.0.1:8080"


def test_three_variables_lead_brew_to_the_registry_view_and_nowhere_else() -> None:
    assert client_variables(MIRROR) == {
        "HOMEBREW_ARTIFACT_DOMAIN": MIRROR,
        "HOMEBREW_ARTIFACT_DOMAIN_NO_FALLBACK": "1",
        "HOMEBREW_API_DOMAIN": f"{MIRROR}/api",
    }


def test_the_flat_view_has_a_domain_of_its_own() -> None:
    assert client_variables(MIRROR, "flat") == {
        "HOMEBREW_BOTTLE_DOMAIN": f"{MIRROR}/flat",
        "HOMEBREW_API_DOMAIN": f"{MIRROR}/api",
    }


def test_a_slash_at_the_end_makes_no_double_one() -> None:
    assert client_variables(f"{MIRROR}/") == client_variables(MIRROR)


def test_the_file_for_brew_has_a_variable_a_line() -> None:
    assert brew_env("https://mirror.example") == (
        "HOMEBREW_ARTIFACT_DOMAIN=https://mirror.example\n"
        "HOMEBREW_ARTIFACT_DOMAIN_NO_FALLBACK=1\n"
        "HOMEBREW_API_DOMAIN=https://mirror.example/api\n"
    )


def test_what_a_shell_would_read_otherwise_is_quoted_for_it() -> None:
    lines = shell_lines("https://mirror.example/a&b", "flat")
    assert lines == (
        "export HOMEBREW_BOTTLE_DOMAIN='https://mirror.example/a&b/flat'\n"
        "export HOMEBREW_API_DOMAIN='https://mirror.example/a&b/api'\n"
    )
