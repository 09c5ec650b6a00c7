"""Evidence: kept under the hash of what it holds."""

from hashlib import sha256
from pathlib import Path

import pytest
from support.data_folder import make_data_folder

from tocsin.evidence import EvidenceError, EvidenceStore
from tocsin.log.backup import backup
from tocsin.log.layout import EVIDENCE
from tocsin.log.restore import restore

PHOTO = b"\xff\xd8 a photo \x00" * 100


def test_a_file_is_kept_under_its_hash(tmp_path: Path) -> None:
    store, source = EvidenceStore(tmp_path / EVIDENCE), tmp_path / "阀门.jpg"
    source.write_bytes(PHOTO)
    stored = store.put(source)
    assert stored == (sha256(PHOTO).hexdigest(), len(PHOTO))
    assert store.put(source) == stored, "twice is once"
    assert b"".join(store.read(stored.sha256)) == PHOTO
    assert store.check(stored.sha256) is None
    assert [path.name for path in (tmp_path / EVIDENCE).iterdir()] == [stored.sha256]


def test_what_was_changed_or_taken_away_shows(tmp_path: Path) -> None:
    store, source = EvidenceStore(tmp_path / EVIDENCE), tmp_path / "photo.jpg"
    source.write_bytes(PHOTO)
    digest = store.put(source).sha256
    kept = tmp_path / EVIDENCE / digest
    kept.chmod(0o640)
    kept.write_bytes(PHOTO[:-1])
    assert "was changed" in (store.check(digest) or "")
    with pytest.raises(EvidenceError, match="was changed"):
        list(store.read(digest))
    kept.unlink()
    assert "is not there" in (store.check(digest) or "")
    assert "is not there" in (store.check("../../etc/passwd") or "")
    assert store.put(source).sha256 == digest, "filed again, it is there again"
    assert store.check(digest) is None


def test_what_is_not_kept(tmp_path: Path) -> None:
    store, source = EvidenceStore(tmp_path / EVIDENCE), tmp_path / "film.mp4"
    with pytest.raises(EvidenceError, match="no such file"):
        store.put(source)
    source.write_bytes(b"")
    with pytest.raises(EvidenceError, match="is empty"):
        store.put(source)
    source.write_bytes(b"x" * 101)
    with pytest.raises(EvidenceError, match="larger than 100 bytes"):
        store.put(source, largest_bytes=100)
    assert list((tmp_path / EVIDENCE).iterdir()) == []


def test_a_backup_holds_it(tmp_path: Path) -> None:
    data, source = make_data_folder(tmp_path).data, tmp_path / "photo.jpg"
    source.write_bytes(PHOTO)
    digest = EvidenceStore(data / EVIDENCE).put(source).sha256
    (data / EVIDENCE / "1.tmp").write_bytes(b"half a file")
    backup(data, tmp_path / "b.tar.gz")
    restore(tmp_path / "b.tar.gz", tmp_path / "again")
    assert EvidenceStore(tmp_path / "again" / EVIDENCE).check(digest) is None
    assert [path.name for path in (tmp_path / "again" / EVIDENCE).iterdir()] == [digest]
