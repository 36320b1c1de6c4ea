"""A published zip file gives up its wanted members, and can do nothing else."""

import io
import random
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from assets.extracts.arriving.sources.source import PermanentSourceError
from assets.extracts.arriving.sources.unpacking import UnpackingLimits, unpack


@pytest.fixture
def into(tmp_path):
    return tmp_path / "private"


def zip_of(folder: Path, members: dict[str, bytes]) -> Path:
    path = folder / "published.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def refusal(archive: Path, into: Path, patterns=("*",), **limits) -> str:
    with pytest.raises(PermanentSourceError) as caught:
        unpack(archive, "published.zip", patterns, into, UnpackingLimits(**limits))
    assert not into.exists() or not list(into.iterdir()), "something of a bad zip file was left"
    assert "published.zip" in str(caught.value)
    return str(caught.value)


def test_wanted_members_become_private_files_under_their_own_names(tmp_path, into):
    archive = zip_of(
        tmp_path,
        {
            "Appointments/2024/Regions.CSV": b"a\n1\n",
            "Appointments/readme.txt": b"no",
            "__MACOSX/Appointments/._Regions.csv": b"junk",
            "Appointments/.hidden.csv": b"junk",
            "Coverage.csv": b"b\n2\n",
        },
    )
    unpacked = unpack(archive, "published.zip", ["*.csv"], into)
    assert [(one.name, one.member, one.path.read_bytes(), one.bytes) for one in unpacked] == [
        ("Regions.CSV", "Appointments/2024/Regions.CSV", b"a\n1\n", 4),
        ("Coverage.csv", "Coverage.csv", b"b\n2\n", 4),
    ]
    for one in unpacked:
        assert stat.S_IMODE(one.path.stat().st_mode) == 0o600
        assert one.path.parent == into
        assert one.path.suffix == ".csv"
    assert len(list(into.iterdir())) == 2


def test_a_pattern_may_name_the_folder(tmp_path, into):
    archive = zip_of(tmp_path, {"old/regions.csv": b"old", "new/regions.csv": b"new"})
    assert unpack(archive, "z", ["new/*"], into)[0].path.read_bytes() == b"new"


def test_folders_separated_by_backslashes_are_understood(tmp_path, into):
    archive = zip_of(tmp_path, {"year\\month\\regions.csv": b"x"})
    assert [one.name for one in unpack(archive, "z", ["regions.csv"], into)] == ["regions.csv"]


def test_a_pattern_without_member_says_what_there_is(tmp_path, into):
    archive = zip_of(tmp_path, {"regions_2024.csv": b"x", "b.csv": b"y"})
    message = refusal(archive, into, ("b.csv", "region.csv"))
    assert "region.csv" in message
    assert "regions_2024.csv" in message


def test_two_members_of_one_name_are_not_mixed_up(tmp_path, into):
    archive = zip_of(tmp_path, {"a/regions.csv": b"1", "b/Regions.csv": b"2"})
    message = refusal(archive, into)
    assert "a/regions.csv" in message
    assert "b/Regions.csv" in message


@pytest.mark.parametrize(
    "name",
    [
        "../outside.csv",
        "folder/../../outside.csv",
        "/etc/outside.csv",
        "C:\\outside.csv",
        "C:outside.csv",
        "..\\outside.csv",
        "\\\\server\\share\\outside.csv",
    ],
)
def test_a_member_that_points_outside_refuses_the_whole_file(tmp_path, into, name):
    archive = zip_of(tmp_path, {"good.csv": b"x", name: b"evil"})
    assert "points outside" in refusal(archive, into, ("good.csv",))
    assert not list(tmp_path.rglob("outside.csv"))


def test_a_name_with_control_characters_is_refused(tmp_path, into):
    archive = zip_of(tmp_path, {"good.csv": b"x", "evil\x1b[2J.csv": b"x"})
    assert "control characters" in refusal(archive, into)


def test_a_symbolic_link_is_refused(tmp_path, into):
    path = tmp_path / "published.zip"
    link = zipfile.ZipInfo("link.csv")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(link, "/etc/passwd")
    assert "link" in refusal(path, into)


def test_a_bomb_is_stopped_while_it_unpacks(tmp_path, into):
    archive = zip_of(tmp_path, {"good.csv": b"x", "zeros.csv": bytes(60_000_000)})
    assert "250 times" in refusal(archive, into)


def test_one_packed_body_listed_many_times_is_refused(tmp_path, into):
    # How bombs get past the ratio of deflate.
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.csv", bytes(200_000))
    content = stored.getvalue()
    end = content.rindex(b"PK\x05\x06")
    start = struct.unpack("<L", content[end + 16 : end + 20])[0]
    entry, copies = content[start:end], 400
    tail = struct.pack(
        "<4s4H2LH", b"PK\x05\x06", 0, 0, copies, copies, len(entry) * copies, start, 0
    )
    archive = tmp_path / "published.zip"
    archive.write_bytes(content[:start] + entry * copies + tail)
    refusal(archive, into)


def test_a_large_table_that_packs_well_is_no_bomb(tmp_path, into):
    row = b"2024-01,E54000027,QHL,Face-to-Face,GP,Same Day,12\n"
    numbered = b"".join(b"%d,%s" % (number, row) for number in range(200_000))
    archive = zip_of(tmp_path, {"table.csv": numbered})
    limits = UnpackingLimits(ratio_from_bytes=0)
    assert unpack(archive, "z", ["*"], into, limits)[0].bytes == len(numbered)


def test_more_than_the_unpacked_limit_is_refused(tmp_path, into):
    archive = zip_of(tmp_path, {"a.csv": bytes(600), "b.csv": bytes(600)})
    assert "1,000 bytes" in refusal(archive, into, unpacked_bytes=1000)


def test_too_many_members_are_refused(tmp_path, into):
    archive = zip_of(tmp_path, {f"{number}.csv": b"" for number in range(11)})
    assert "11 members" in refusal(archive, into, members=10)


def test_an_encrypted_member_is_refused_but_only_if_it_is_wanted(tmp_path, into):
    archive = zip_of(tmp_path, {"open.csv": b"x", "locked.csv": b"y"})
    content = bytearray(archive.read_bytes())
    # Bit 0 of the general flags, in the local header and in the directory (APPNOTE 4.4.4).
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.rindex(signature) + offset] |= 1
    archive.write_bytes(content)
    message = refusal(archive, into)
    assert "locked.csv is encrypted" in message
    assert len(unpack(archive, "z", ["open.csv"], into)) == 1


def test_a_damaged_member_leaves_nothing(tmp_path, into):
    archive = zip_of(tmp_path, {"good.csv": b"x", "bad.csv": bytes(range(256)) * 40})
    content = bytearray(archive.read_bytes())
    content[content.rindex(b"bad.csv", 0, content.index(b"PK\x01\x02")) + 60] ^= 0xFF
    archive.write_bytes(content)
    assert "not a zip file that can be read" in refusal(archive, into)


def test_what_is_no_zip_file_is_refused(tmp_path, into):
    path = tmp_path / "published.zip"
    path.write_bytes(b"<html>sorry</html>")
    assert "not a zip file" in refusal(path, into)


def test_a_list_of_members_that_is_too_long_is_not_read(tmp_path, into):
    archive = zip_of(tmp_path, {f"{number}.csv": b"" for number in range(200)})
    assert "list of members over the limit of 5,000 bytes" in refusal(
        archive, into, list_bytes=5000
    )


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_packing_is_refused_unread(tmp_path, into, method):
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w", method) as file:
        file.writestr("a.csv", bytes(1000))
    assert "packed in an unusual way" in refusal(archive, into)


def test_a_name_that_is_not_what_its_flag_says_is_a_damaged_file(tmp_path, into):
    archive = zip_of(tmp_path, {"é.csv": b"x"})
    archive.write_bytes(archive.read_bytes().replace("é".encode(), b"\xff\xfe"))
    assert "not a zip file that can be read" in refusal(archive, into)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_however_a_zip_file_is_damaged_it_is_refused_or_read(tmp_path, into, method):
    chance = random.Random(20261125)
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w", method) as file:
        for number in range(3):
            file.writestr(f"d/walks{number}é.csv", b"a,b\n1,2\n" * 50)
    sound = archive.read_bytes()
    outcomes = set()
    for _ in range(150):
        damaged = bytearray(sound)
        for _ in range(chance.randrange(1, 4)):
            # The list of members at the end is where most goes wrong.
            place = chance.choice([chance.randrange(len(sound)), -chance.randrange(1, 230)])
            damaged[place] = chance.choice([0, 255, chance.randrange(256), damaged[place] ^ 1])
        cut = chance.randrange(len(sound)) if chance.random() < 0.1 else len(sound)
        archive.write_bytes(damaged[:cut])
        try:
            unpack(archive, "a.zip", ["*.csv"], into)
        except PermanentSourceError:
            outcomes.add("refused")
        else:
            outcomes.add("read")
    assert "refused" in outcomes
