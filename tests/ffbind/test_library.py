"""Finding and loading FFmpeg's libraries."""

import ctypes
import importlib.util
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import ffbind
from ffbind import extras, library, library_search, loading

needs_wheel = pytest.mark.skipif(importlib.util.find_spec("av") is None, reason="the av wheel is not installed")


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with neither system libraries nor a wheel, and no directory named."""
    monkeypatch.delenv(library_search.DIRECTORY_VARIABLE, raising=False)
    monkeypatch.setattr(library_search, "_system_file", lambda name, major: f"libnot-there-{name}.so.{major}")
    monkeypatch.setattr(library_search, "_wheel_directories", list)


def run(code: str, **environment: str | None) -> str:
    """The output of a new Python process that runs the code."""
    variables = {**os.environ, **environment}
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={name: value for name, value in variables.items() if value is not None},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.stderr == ""
    assert finished.returncode == 0
    return finished.stdout.strip()


def test_load_gives_the_same_library_to_every_thread() -> None:
    code = """if True:
        import threading, ffbind
        found, start = [], threading.Barrier(8)
        def load():
            start.wait()
            found.append(ffbind.load())
        threads = [threading.Thread(target=load) for _ in range(8)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        print(len(found), len(set(map(id, found))))
    """
    assert run(code) == "8 1"


def test_loaded_library_says_what_it_is() -> None:
    loaded = ffbind.load()
    assert set(loaded.versions) == {"avutil", "avcodec", "avformat", "swscale", "swresample"}
    assert loaded.codec_major == loaded.versions["avcodec"][0]
    majors = {name: version[0] for name, version in loaded.versions.items()}
    assert majors == library.RELEASES[loaded.codec_major]
    assert loaded.ffmpeg_version == loaded.avutil.av_version_info().decode()
    named = os.environ.get(library_search.DIRECTORY_VARIABLE)
    if named:
        assert (loaded.origin, loaded.directory) == (library_search.DIRECTORY_VARIABLE, Path(named))


@pytest.mark.usefixtures("nothing_installed")
def test_message_says_what_was_searched_and_how_to_install() -> None:
    with pytest.raises(ffbind.LibraryNotFoundError) as caught:
        loading._find()
    assert str(caught.value).splitlines() == [
        "No usable set of FFmpeg libraries (libavutil, libswresample, libswscale, libavcodec, libavformat) was found.",
        "Any FFmpeg from 4 (libavcodec 58) to 9 (libavcodec 63) will do. Searched:",
        "  - FFBIND_LIBRARY_DIR: not set",
        "  - system: libnot-there-avcodec.so.63 down to libnot-there-avcodec.so.58",
        "  - av wheel: not installed for this Python",
        "To install them: `apt install ffmpeg` on Debian and Ubuntu (or only the libraries, on Debian 13",
        "libavformat61 libavcodec61 libswscale8 libswresample5 libavutil59), `brew install ffmpeg` on macOS,",
        f"or those that come with PyAV, on any system: {extras.install_command('bundled')}",
        "To use others: set FFBIND_LIBRARY_DIR to the directory they are in.",
    ]


@pytest.mark.usefixtures("nothing_installed")
def test_named_directory_is_the_only_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(library_search.DIRECTORY_VARIABLE, str(tmp_path))
    with pytest.raises(ffbind.LibraryNotFoundError) as caught:
        loading._find()
    findings = [line for line in str(caught.value).splitlines() if line.startswith("  - ")]
    assert findings == [f"  - {tmp_path}: no complete set of known versions (no FFmpeg library at all)"]


@pytest.mark.usefixtures("nothing_installed")
def test_incomplete_and_unknown_versions_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("libavcodec.so.99", "libavutil-1a2b3c.so.59.8.100", "libavcodec.so.61"):
        (tmp_path / name).touch()
    monkeypatch.setenv(library_search.DIRECTORY_VARIABLE, str(tmp_path))
    with pytest.raises(ffbind.LibraryNotFoundError) as caught:
        loading._find()
    assert (
        f"  - {tmp_path}: no complete set of known versions "
        "(libavcodec.so.61, libavcodec.so.99, libavutil-1a2b3c.so.59.8.100)"
    ) in str(caught.value).splitlines()


@pytest.mark.usefixtures("nothing_installed")
def test_missing_directory_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = tmp_path / "missing"
    monkeypatch.setenv(library_search.DIRECTORY_VARIABLE, str(missing))
    with pytest.raises(ffbind.LibraryNotFoundError, match=f"  - {missing}: No such file or directory"):
        loading._find()


@pytest.mark.usefixtures("nothing_installed")
def test_files_that_are_no_libraries_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in library.NAMES:
        (tmp_path / f"lib{name}.so.{library.RELEASES[61][name]}").write_bytes(b"not a library")
    monkeypatch.setenv(library_search.DIRECTORY_VARIABLE, str(tmp_path))
    with pytest.raises(ffbind.LibraryNotFoundError, match=f"  - FFBIND_LIBRARY_DIR: {tmp_path}/libavutil.so.59: "):
        loading._find()


@pytest.mark.parametrize(
    "names",
    [
        "libavutil.so.59 libavcodec.so.61 libavformat.so.61 libswscale.so.8 libswresample.so.5",
        "libavutil-a5.so.59.39.100 libavcodec-f8.so.61.19.100 libavformat-8e.so.61.7.100 libswscale-7d.so.8.3.100 "
        "libswresample-61.so.5.3.100",
        "libavutil.59.dylib libavcodec.61.dylib libavformat.61.dylib libswscale.8.dylib libswresample.5.dylib",
        "avutil-59.dll avcodec-61.dll avformat-61.dll swscale-8.dll swresample-5.dll",
        "avutil-59-0a1b.dll avcodec-61-2c.dll avformat-61-3d.dll swscale-8-4e.dll swresample-5-5f.dll",
        "libavutil.so libavcodec.so libavformat.so libswscale.so libswresample.so",
    ],
)
def test_file_names_of_all_platforms_are_known(tmp_path: Path, names: str) -> None:
    for name in [*names.split(), "libx264.so.164", "libavfilter.so.10", "README"]:
        (tmp_path / name).touch()
    findings: list[str] = []
    (candidate,) = library_search.sets_in(tmp_path, findings)
    assert {Path(file).name for file in candidate.files.values()} == set(names.split())
    assert {Path(file).name for file in candidate.neighbours} == {"libx264.so.164", "libavfilter.so.10"}
    assert findings == []


def test_newest_of_several_sets_comes_first(tmp_path: Path) -> None:
    for major in (59, 61):
        for name, version in library.RELEASES[major].items():
            (tmp_path / f"lib{name}.so.{version}").touch()
    majors = [Path(candidate.files["avcodec"]).name for candidate in library_search.sets_in(tmp_path, [])]
    assert majors == ["libavcodec.so.61", "libavcodec.so.59"]


def test_libraries_that_cannot_find_their_neighbours_get_them_first(monkeypatch: pytest.MonkeyPatch) -> None:
    needs = {"codec": ["encoder"], "encoder": ["numbers"], "filters": ["codec"], "broken": ["absent"]}
    loaded: list[str] = []

    def load(file: str) -> str:
        for need in needs.get(file, []):
            if need not in loaded:
                raise OSError(f"{need}: cannot open shared object file")
        loaded.append(file)
        return file

    monkeypatch.setattr(ctypes, "CDLL", load)
    files = dict(zip(library.NAMES, ("util", "resample", "scale", "codec", "format"), strict=True))
    neighbours = ("broken", "encoder", "filters", "numbers")
    opened: Mapping[str, object] = library_search.open_set(library_search.LibrarySet(files, neighbours))
    assert opened == files
    assert loaded[3:] == ["numbers", "encoder", *files.values()]
    loaded.clear()
    with pytest.raises(OSError, match="encoder: cannot open"):
        library_search.open_set(library_search.LibrarySet(files))


def test_majors_that_do_not_go_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    version = library._version
    monkeypatch.setattr(
        library, "_version", lambda handle, name: (999, 0, 0) if name == "swscale" else version(handle, name)
    )
    major = ffbind.load().codec_major
    expected = library.RELEASES[major]["swscale"]
    message = f"libswscale 999 does not go with libavcodec {major}, which needs libswscale {expected}"
    with pytest.raises(ffbind.UnsupportedLibraryError, match=message):
        loading._find()


def test_unknown_major_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_version", lambda handle, name: (64, 0, 0))
    with pytest.raises(ffbind.UnsupportedLibraryError, match="libavcodec 64 is not known: majors 58 to 63 are"):
        loading._find()


@needs_wheel
def test_wheel_is_found_without_being_imported() -> None:
    code = """if True:
        import sys
        from ffbind import loading
        loading.system_sets = lambda: iter(())
        found = loading.load()
        print(found.origin, found.directory.name, "av" in sys.modules)
    """
    assert run(code, FFBIND_LIBRARY_DIR=None) == "av wheel av.libs False"


@needs_wheel
@pytest.mark.parametrize("first", ["av", "ffbind"])
def test_pyav_works_beside_it_in_any_order(first: str) -> None:
    second = "ffbind" if first == "av" else "av"
    code = f"""if True:
        import {first}
        if "{first}" == "ffbind":
            ffbind.load()
        import {second}
        ours = ffbind.Decoder("pcm_s16le", ffbind.StreamHeader(sample_rate=48000, channels=2))
        theirs = av.CodecContext.create("pcm_s16le", "r")
        theirs.sample_rate, theirs.layout = 48000, "stereo"
        print(ours.decode(bytes(range(40)), 0)[0].nb_samples, theirs.decode(av.Packet(bytes(range(40))))[0].samples)
    """
    assert run(code) == "10 10"


def test_log_level_is_quiet_until_it_is_set() -> None:
    code = """if True:
        import ffbind
        levels = [ffbind.load().avutil.av_log_get_level()]
        ffbind.set_log_level(24)
        print(*levels, ffbind.load().avutil.av_log_get_level())
    """
    assert run(code) == "-8 24"


def test_a_failure_is_not_remembered() -> None:
    code = """if True:
        import os, ffbind
        kept = os.environ.pop("FFBIND_LIBRARY_DIR", None)
        os.environ["FFBIND_LIBRARY_DIR"] = os.path.join(os.getcwd(), "no such directory")
        try:
            ffbind.load()
        except ffbind.LibraryNotFoundError:
            del os.environ["FFBIND_LIBRARY_DIR"]
        if kept:
            os.environ["FFBIND_LIBRARY_DIR"] = kept
        print(ffbind.load().codec_major)
    """
    assert run(code) == str(ffbind.load().codec_major)
