"""The container image: nobody's root, watched, and without a secret inside."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
STEPS = [line.split(maxsplit=1) for line in TEXT.splitlines() if line.strip()]
LAST = STEPS[max(i for i, (word, _) in enumerate(STEPS) if word == "FROM") :]


def value(word):
    (found,) = [rest for name, rest in LAST if name == word]
    return found


def test_it_does_not_run_as_root():
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", value("USER"))


def test_what_the_user_is_set_to_before_nothing_runs_after():
    words = [word for word, _ in LAST]

    assert "RUN" not in words[words.index("USER") :]


def test_it_is_watched():
    assert '"skipper", "status"' in value("HEALTHCHECK")
    assert "--require-running" in value("HEALTHCHECK")


def test_it_starts_the_service_and_stops_it_in_order():
    assert (value("ENTRYPOINT"), value("CMD")) == ('["skipper"]', '["run"]')
    assert value("STOPSIGNAL") == "SIGTERM"


def test_data_lives_in_a_volume():
    assert value("VOLUME") == value("WORKDIR") == "/data"


def test_no_secret_is_named_or_copied():
    assert not re.search(
        r"token|secret|password|master|\.key|skipper\.toml(?!$)", _arguments(), re.IGNORECASE
    )
    assert [rest for word, rest in LAST if word in {"COPY", "ADD"}] == [
        "--from=build /opt/skipper /opt/skipper"
    ]


def _arguments():
    return "\n".join(rest for word, rest in STEPS if word in {"ARG", "COPY", "ADD", "RUN"})


def test_only_named_paths_reach_the_builder():
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] != "#"]

    assert lines[0] == "*"
    allowed = {line[1:] for line in lines if line.startswith("!")}
    copied = {part for word, rest in STEPS if word == "COPY" for part in rest.split()[:-1]}
    assert allowed == {part for part in copied if not part.startswith(("--", "/"))}
