from __future__ import annotations

import mimetypes

import pytest

from django_front_channel.client import Upload
from django_front_channel.client.file_types import guess_content_type

OFFICE = "application/vnd.openxmlformats-officedocument."


@pytest.fixture
def slim(monkeypatch):
    """A machine without a list of media types, as slim images are."""
    monkeypatch.setattr(mimetypes, "guess_type", mimetypes.MimeTypes(filenames=()).guess_type)


@pytest.mark.fault("file-types")
@pytest.mark.usefixtures("slim")
@pytest.mark.parametrize(
    ("filename", "content_type"),
    [
        ("photo.webp", "image/webp"),
        ("PHOTO.WEBP", "image/webp"),
        ("photo.jpg", "image/jpeg"),
        ("voice.ogg", "audio/ogg"),
        ("voice.m4a", "audio/mp4"),
        ("voice.amr", "audio/amr"),
        ("film.3gp", "video/3gpp"),
        ("letter.docx", f"{OFFICE}wordprocessingml.document"),
        ("table.xlsx", f"{OFFICE}spreadsheetml.sheet"),
        ("invoice.pdf", "application/pdf"),
        ("photo.heic", "image/heic"),
        ("photo.avif", "image/avif"),
        ("voice.wav", "audio/wav"),
        ("voice.aac", "audio/aac"),
        ("film.wmv", "video/x-ms-wmv"),
        ("mail.msg", "application/vnd.ms-outlook"),
        ("ticket.pkpass", "application/vnd.apple.pkpass"),
        ("dump.tar.zst", "application/zstd"),
        ("dump.tar.Z", "application/x-compress"),
        ("log.txt.gz", "application/gzip"),
        ("dump.tar.gz", "application/gzip"),
        ("dump.tgz", "application/gzip"),
        ("dump.tar.bz2", "application/x-bzip2"),
        ("dump.tar.xz", "application/x-xz"),
        ("table.xlsx.gz", "application/gzip"),
        ("data:text/html,<p>.png", "image/png"),
        ("no-suffix", "application/octet-stream"),
        ("strange.xyzzy", "application/octet-stream"),
        (".gz", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_the_type_of_a_file_is_known_by_its_name(filename, content_type):
    assert guess_content_type(filename) == content_type


@pytest.mark.parametrize(
    ("filename", "content_type"),
    [("voice.m4a", "audio/mp4"), ("log.txt.gz", "application/gzip"), ("photo.jpg", "image/jpeg")],
)
def test_an_upload_of_a_path_has_it(tmp_path, filename, content_type):
    path = tmp_path / filename
    path.write_bytes(b"x")
    assert Upload.from_path(path).content_type == content_type
