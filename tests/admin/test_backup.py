"""``cloche-admin backup``: what it copies, and what it refuses. The whole way back is in tests/e2e/test_backup.py."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from admin.backups.blobs import copy_blobs
from admin.backups.catalogue import copy_catalogue
from admin.backups.failure import BackupFailed
from admin.backups.jobs import copy_jobs
from store.catalog import Catalog
from tests.admin.conftest import Admin
from tests.store.postgres import PostgresServer


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    """A server of the test's own."""
    folder = Path(tempfile.mkdtemp(prefix="cl-pg-"))
    server = PostgresServer(folder)
    server.create()
    yield server
    server.kill()
    shutil.rmtree(folder, ignore_errors=True)


def test_sqlite_is_copied_whole_while_it_is_written(tmp_path: Path) -> None:
    """The copy has what was committed, and needs no other file beside it."""
    source = f"sqlite:///{tmp_path}/data/catalog.sqlite3"
    with Catalog.open(source) as catalog:
        catalog.tenants.create("kept")
        made = copy_catalogue(source, tmp_path)
        catalog.tenants.create("later")
    assert [path.name for path in tmp_path.glob("catalog*")] == [made.name]
    with Catalog.open(f"sqlite:///{made}") as copied:
        assert [tenant.name for tenant in copied.tenants.list()] == ["kept"]


def test_postgresql_is_dumped_and_can_be_restored(postgres: PostgresServer, tmp_path: Path) -> None:
    """`pg_restore` into an empty database gives the catalogue back."""
    url = postgres.new_database()
    with Catalog.open(url) as catalog:
        catalog.tenants.create("kept")
    made = copy_catalogue(url.replace("postgresql://", "postgresql+psycopg://"), tmp_path)
    empty = postgres.new_database()
    subprocess.run(["pg_restore", "--no-owner", f"--dbname={empty}", made], check=True)
    with Catalog.open(empty) as restored:
        assert [tenant.name for tenant in restored.tenants.list()] == ["kept"]


def test_a_database_that_is_away_is_one_sentence(tmp_path: Path) -> None:
    """Without the password, which is on no command line either."""
    with pytest.raises(BackupFailed, match="pg_dump failed") as caught:
        copy_catalogue(f"postgresql+psycopg://cloche:hush@/none?host={tmp_path}", tmp_path)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("data", ["elsewhere", "there"])
def test_no_installation_is_no_backup(admin: Admin, tmp_path: Path, data: str) -> None:
    """With CLOCHE_DATA at the wrong place: one sentence, and nothing that looks like a backup."""
    (tmp_path / "there").mkdir()
    ended = admin("backup", str(tmp_path / "backup"), CLOCHE_DATA=str(tmp_path / data))
    assert ended.status == 2
    assert "is CLOCHE_DATA the one that `make up` has?" in ended.err
    assert not (tmp_path / "backup").exists()
    assert not (tmp_path / "backup.part").exists()


def test_a_folder_that_has_something_is_refused(admin: Admin, tmp_path: Path) -> None:
    """Nothing is ever written over."""
    (tmp_path / "backup").mkdir()
    (tmp_path / "backup" / "mine").write_text("precious")
    ended = admin("backup", str(tmp_path / "backup"))
    assert ended.status == 2
    assert "is there already, and not empty" in ended.err
    assert (tmp_path / "backup" / "mine").read_text() == "precious"


def test_jobs_of_a_redis_elsewhere_are_told_to_be_missing(tmp_path: Path) -> None:
    """No manifest, no copy."""
    assert copy_jobs(tmp_path / "redis", tmp_path / "copy") is False


def test_a_manifest_that_changes_meanwhile_is_copied_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis rewrote its files between: what was copied of the old ones doesn't count."""
    source = tmp_path / "redis" / "appendonlydir"
    source.mkdir(parents=True)
    (source / "a.1.incr.aof").write_text("old")
    (source / "appendonly.aof.manifest").write_text("file a.1.incr.aof seq 1 type i\n")
    real = shutil.copyfile

    def rewritten(origin: Path, target: Path) -> None:
        real(origin, target)
        if origin.name == "a.1.incr.aof":
            (source / "a.2.incr.aof").write_text("new")
            (source / "appendonly.aof.manifest").write_text("file a.2.incr.aof seq 2 type i\n")
            origin.unlink()

    monkeypatch.setattr(shutil, "copyfile", rewritten)
    assert copy_jobs(tmp_path / "redis", tmp_path / "copy") is True
    copied = {path.name: path.read_text() for path in (tmp_path / "copy" / "appendonlydir").iterdir()}
    assert copied == {"a.2.incr.aof": "new", "appendonly.aof.manifest": "file a.2.incr.aof seq 2 type i\n"}


def test_blobs_of_an_earlier_backup_are_linked_and_uploads_left_out(tmp_path: Path) -> None:
    """Same name and size: the same bytes. What is under way has no name yet."""
    source = tmp_path / "blobs"
    for name in ("ab/abcd", "payloads/10/job.out-1", "tmp/half"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(name)
    assert copy_blobs(source, tmp_path / "one", earlier=None)[0] == 2
    (source / "ab/abce").write_text("new")
    assert copy_blobs(source, tmp_path / "two", earlier=tmp_path / "one")[0] == 3
    assert (tmp_path / "two/ab/abcd").samefile(tmp_path / "one/ab/abcd")
    assert (tmp_path / "two/ab/abce").stat().st_nlink == 1
    assert not (tmp_path / "two/tmp").exists()
