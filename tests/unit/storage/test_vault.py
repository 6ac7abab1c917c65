"""Secrets: sealed per owner, and a master key file that is refused unless it is right."""

import base64
import json
import os
import stat

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from engine.core.account import Credentials
from engine.core.bot_config import Environment
from engine.core.errors import ConfigError
from storage.vault import FernetVault, load_master_key, new_master_key

VAULT = FernetVault(b"m" * 32)
KEY = Credentials("api-key", "very secret", Environment.TESTNET)


@given(
    owner=st.integers(1, 2**60),
    api_key=st.text(),
    secret=st.text(),
    env=st.sampled_from(Environment),
)
def test_what_was_sealed_opens_for_its_owner(owner, api_key, secret, env):
    credentials = Credentials(api_key, secret, env)
    assert VAULT.open(owner, VAULT.seal(owner, credentials)) == credentials


def test_a_ciphertext_moved_to_another_owner_does_not_open():
    sealed = VAULT.seal(1, KEY)
    with pytest.raises(ConfigError, match="does not open"):
        VAULT.open(2, sealed)
    with pytest.raises(ConfigError, match="does not open"):
        VAULT.open(11, sealed)


def test_another_master_key_does_not_open():
    with pytest.raises(ConfigError, match="put the right master key file back"):
        FernetVault(b"n" * 32).open(1, VAULT.seal(1, KEY))


@pytest.mark.parametrize("sealed", [b"", b"gAAAA", b"\xff\x00", VAULT.seal(1, KEY)[:-8]])
def test_a_damaged_ciphertext_is_a_config_error(sealed):
    with pytest.raises(ConfigError):
        VAULT.open(1, sealed)


@pytest.mark.parametrize(
    "changes", [{"owner": 2}, {"purpose": "other"}, {"version": 2}, {"version": None}]
)
def test_content_that_is_for_something_else_is_refused(changes):
    fernet = VAULT._of_owner(1)
    content = json.loads(fernet.decrypt(VAULT.seal(1, KEY))) | changes
    with pytest.raises(ConfigError, match="not what it should be"):
        VAULT.open(1, fernet.encrypt(json.dumps(content).encode()))


@pytest.mark.parametrize("content", [b"\xff", b"[]", b"3", b"{}", b'{"version": 1}'])
def test_malformed_content_is_refused_without_showing_it(content):
    sealed = VAULT._of_owner(1).encrypt(content)
    with pytest.raises(ConfigError, match="malformed") as caught:
        VAULT.open(1, sealed)
    assert caught.value.__suppress_context__


def test_nothing_prints_a_secret():
    assert "secret" not in repr(KEY)
    assert "api-key" not in repr(KEY)
    assert "mmmm" not in repr(VAULT)
    assert b"secret" not in base64.urlsafe_b64decode(VAULT.seal(1, KEY))


def test_the_canary_fits_its_own_master_key_only():
    VAULT.check_canary(VAULT.canary())
    for token in (
        FernetVault(b"n" * 32).canary(),
        b"",
        Fernet(Fernet.generate_key()).encrypt(b""),
    ):
        with pytest.raises(ConfigError, match="not the one"):
            VAULT.check_canary(token)


def test_a_new_master_key_is_readable_by_its_owner_only_and_never_overwritten(tmp_path):
    path = tmp_path / "keys" / "master"
    made = new_master_key(path)
    assert len(made) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    assert load_master_key(path) == made
    with pytest.raises(ConfigError, match="already"):
        new_master_key(path)
    assert load_master_key(path) == made


def written(path, content: bytes, mode: int = 0o400):
    path.write_bytes(content)
    path.chmod(mode)
    return path


GOOD = base64.urlsafe_b64encode(b"k" * 32)


@pytest.mark.parametrize(
    ("content", "mode", "says"),
    [
        (GOOD, 0o440, "chmod 0400"),
        (GOOD, 0o404, "chmod 0400"),
        (GOOD, 0o420, "chmod 0400"),
        (b"", 0o400, "is empty"),
        (b" \n", 0o400, "is empty"),
        (b"short", 0o400, "malformed"),
        (b"\xff" * 44, 0o400, "malformed"),
        (GOOD + b"AAAA", 0o400, "malformed"),
        (base64.urlsafe_b64encode(b"k" * 16), 0o400, "malformed"),
    ],
)
def test_a_bad_master_key_file_is_refused_in_one_line(tmp_path, content, mode, says):
    path = written(tmp_path / "master", content, mode)
    with pytest.raises(ConfigError, match=says) as caught:
        load_master_key(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    assert "kkkk" not in str(caught.value)


def test_a_missing_linked_or_odd_master_key_is_refused(tmp_path):
    good = written(tmp_path / "good", GOOD)
    link = tmp_path / "link"
    link.symlink_to(good)
    os.mkfifo(tmp_path / "pipe", 0o400)
    for name, says in (
        ("none", "is missing"),
        ("link", "symbolic link"),
        ("", "regular file"),
        ("pipe", "regular file"),
    ):
        with pytest.raises(ConfigError, match=says):
            load_master_key(tmp_path / name)
    assert load_master_key(good) == b"k" * 32


def test_a_master_key_of_another_length_is_refused():
    with pytest.raises(ConfigError):
        FernetVault(b"short")
