"""Where the shipped models lie, and that they are what the manifest says: nothing unverified is ever loaded."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from voc.errors import ModelError
from voc.ids import file_sha256

MANIFEST = "manifest.json"


def models_dir() -> Path:
    """The folder of shipped models: ``$VOC_MODELS``, else inside the installed package, else the checkout's.

    Raises:
        ModelError: none of them exists.
    """
    here = Path(__file__).resolve().parent
    chosen = os.environ.get("VOC_MODELS")
    for folder in [Path(chosen)] if chosen else [here / "_models", here.parents[1] / "models"]:
        if (folder / MANIFEST).is_file():
            return folder
    raise ModelError("no models/manifest.json found; reinstall voc, or set VOC_MODELS to the folder that holds it")


def verified(name: str) -> Path:
    """The path of the shipped file ``name`` (as "encoder/model.onnx"), after checking its SHA-256.

    Raises:
        ModelError: the manifest does not name it, it is absent, or its content is not what the manifest says.
    """
    return _verified(models_dir(), name)


def revision(name: str) -> str:
    """The first twelve hex digits of the SHA-256 of the shipped file ``name``, as the manifest gives it."""
    return str(_entry(models_dir(), name)["sha256"])[:12]


def write_manifest(folder: Path, entries: dict[str, dict[str, Any]]) -> None:
    """Add ``entries`` (file name to facts such as licence and data) to the manifest, with size and SHA-256."""
    path = folder / MANIFEST
    files = json.loads(path.read_text(encoding="utf-8"))["files"] if path.is_file() else {}
    for name, facts in entries.items():
        target = folder / name
        files[name] = {**facts, "bytes": target.stat().st_size, "sha256": file_sha256(target)}
    path.write_text(
        json.dumps({"files": dict(sorted(files.items()))}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    manifest.cache_clear()
    _verified.cache_clear()


def verify_all() -> dict[str, str]:
    """Check every file of the manifest; file name to "ok" or what is wrong with it."""
    folder = models_dir()
    result = {}
    for name in manifest(folder):
        try:
            _verified(folder, name)
            result[name] = "ok"
        except ModelError as error:
            result[name] = str(error)
    return result


@cache
def manifest(folder: Path) -> dict[str, dict[str, Any]]:
    """The manifest's files: name to facts.

    Raises:
        ModelError: it is not valid JSON, or an entry has no SHA-256.
    """
    try:
        files = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
        return {name: {**facts, "sha256": str(facts["sha256"])} for name, facts in files.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{folder / MANIFEST} is damaged; reinstall voc") from error


def require(name: str) -> None:
    """Check that the files that ``name`` was made with (``needs`` of its entry) are those that ship now.

    Raises:
        ModelError: one of them is another: what a head learned of an old table means nothing on a new one.
    """
    folder = models_dir()
    for other, sha256 in _entry(folder, name).get("needs", {}).items():
        if _entry(folder, other)["sha256"] != sha256:
            raise ModelError(f"models/{name} was made with another {other}: reinstall voc, or train it anew")


def _entry(folder: Path, name: str) -> dict[str, Any]:
    files = manifest(folder)
    if name not in files:
        raise ModelError(f"models/{MANIFEST} does not name {name}; reinstall voc")
    return files[name]


@cache
def _verified(folder: Path, name: str) -> Path:
    path, wanted = folder / name, _entry(folder, name)["sha256"]
    if not path.is_file():
        raise ModelError(f"models/{name} is absent; reinstall voc, or restore it from version control")
    if file_sha256(path) != wanted:
        raise ModelError(
            f"models/{name} is not the file the manifest names (SHA-256 differs); it is refused: reinstall voc"
        )
    return path
