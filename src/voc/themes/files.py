"""A theme model on disk: one JSON file that names one file of numbers, which is replaced as a whole."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from voc import faults
from voc.errors import ModelError, StoreError
from voc.model import Theme
from voc.themes.assign import Exemplars, Student, Vectoriser
from voc.themes.hierarchy import Group
from voc.themes.model import PoolModel, ThemeModel

if TYPE_CHECKING:
    from pathlib import Path

    from voc.text.encode import Encoder

INDEX = "themes.json"
# 4: the student guesses how close a mention is to each theme. What format 3 assigned, this would assign otherwise.
_FORMAT = 4
_NUMBERS = "numbers-{}.safetensors"
_HALF = ".half"


def write(model: ThemeModel, folder: Path) -> None:
    """Save ``model`` in ``folder``: the numbers first, under a name of their own, then the index that names them.

    Raises:
        StoreError: the folder cannot be written.
    """
    from safetensors.numpy import save

    numbers = save(_tensors(model))
    sha = hashlib.sha256(numbers).hexdigest()
    name = _NUMBERS.format(sha[:12])
    body = _index(model) | {"numbers": name, "numbers_sha256": sha}
    text = json.dumps({"sha256": _digest(body), "body": body}, indent=1, ensure_ascii=False) + "\n"
    try:
        _make_folder(folder)
        _replace(folder / name, numbers)
        faults.point("model.before_publish")
        _replace(folder / INDEX, text.encode())
        faults.point("model.after_publish")
        # Older numbers, and what a run left half-written that could not even remove it.
        for old in [*folder.glob(_NUMBERS.format("*")), *folder.glob(f".*{_HALF}")]:
            if old.name != name:
                old.unlink()
    except OSError as error:
        raise StoreError(
            f"{folder}: the theme model cannot be written: {error.strerror}; check space and rights"
        ) from error


def read(folder: Path, *, encoder: Encoder, static: Vectoriser) -> ThemeModel:
    """Load the model in ``folder``.

    Raises:
        ModelError: there is none, it is damaged, or it was made with another encoder or static table.
    """
    body = _read_index(folder / INDEX)
    for name, part in (("encoder", encoder), ("static", static)):
        if body[name] != part.revision:
            raise ModelError(
                f"{folder}: made with {name} {body[name]}, but this is {part.revision}; run 'voc themes discover' again"
            )
    tensors = _read_numbers(folder, body["numbers"], body["numbers_sha256"])
    try:
        return ThemeModel(
            themes=[_theme(entry) for entry in body["themes"]],
            exemplars={str(k): list(v) for k, v in body["exemplars"].items()},
            pools={name: _pool(entry, name, tensors) for name, entry in body["pools"].items()},
            encoder=encoder,
            static=static,
            seed=int(body["seed"]),
            version=str(body["version"]),
            tier=body["tier"],
            groups=[Group(**entry | {"members": tuple(entry["members"])}) for entry in body["groups"]],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{folder}: the theme model is incomplete; run 'voc themes discover' again") from error


def facts(folder: Path) -> dict[str, dict[str, Any]]:
    """For each theme of the model in ``folder`` its ``stability`` (or None) and the ids of the groups it is in.

    ``groups`` holds them from the lowest level up, each as (group id, label). No encoder is loaded for it.

    Raises:
        ModelError: there is no model, or it is damaged.
    """
    body = _read_index(folder / INDEX)
    held = {i: v for part in body["pools"].values() for i, v in zip(part["ids"], part["support"], strict=False)}
    groups = {group["group_id"]: group for group in body["groups"]}
    lowest = {theme: group for group in groups.values() if group["level"] == 1 for theme in group["members"]}
    out: dict[str, dict[str, Any]] = {}
    for theme in (entry["theme_id"] for entry in body["themes"]):
        above, group = [], lowest.get(theme)
        while group is not None:
            above.append((group["group_id"], group["label"]))
            group = groups.get(group["parent"])
        out[theme] = {"stability": held.get(theme), "groups": above}
    return out


def _index(model: ThemeModel) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "version": model.version,
        "seed": model.seed,
        "tier": model.tier,
        "encoder": model.encoder.revision,
        "static": model.static.revision,
        "pools": {
            name: {
                "ids": list(part.ids),
                "threshold": part.exemplars.threshold,
                "floors": None if part.exemplars.floors is None else part.exemplars.floors.tolist(),
                "floor": None if part.student is None else part.student.floor,
                "margin": None if part.student is None else part.student.margin,
                "resolution": part.resolution,
                "stability": part.stability,
                "support": list(part.support),
            }
            for name, part in model.pools.items()
        },
        "themes": [asdict(t) | {"born_at": t.born_at and t.born_at.isoformat()} for t in model.themes],
        "exemplars": model.exemplars,
        "groups": [asdict(group) for group in model.groups],
    }


def _tensors(model: ThemeModel) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, part in model.pools.items():
        out[f"{name}.vectors"] = part.exemplars.vectors.astype(np.int16)
        out[f"{name}.theme"] = part.exemplars.theme.astype(np.int32)
        if part.student is not None:
            out[f"{name}.weights"] = part.student.weights.astype(np.int32)
    return out


def _pool(entry: dict[str, Any], name: str, tensors: dict[str, Any]) -> PoolModel:
    ids = tuple(entry["ids"])
    vectors, theme = tensors[f"{name}.vectors"].astype(np.float32), tensors[f"{name}.theme"].astype(np.int64)
    # A model of before there were floors has none.
    floors = None if entry.get("floors") is None else np.array(entry["floors"], np.float64)
    exemplars = Exemplars(vectors, theme, len(ids), float(entry["threshold"]), floors)
    student = None
    if entry["margin"] is not None:
        weights = tensors[f"{name}.weights"].astype(np.float64)
        student = Student(weights, len(ids), float(entry["floor"]), float(entry["margin"]), exemplars.excess)
    support = tuple(float(value) for value in entry["support"])
    return PoolModel(ids, exemplars, student, float(entry["resolution"]), float(entry["stability"]), support)


def _theme(entry: dict[str, Any]) -> Theme:
    born = entry["born_at"]
    rest = entry | {"keywords": tuple(entry["keywords"]), "born_at": datetime.fromisoformat(born) if born else None}
    return Theme(**rest)


def _read_index(path: Path) -> dict[str, Any]:
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
        body: dict[str, Any] = whole["body"]
        intact = whole["sha256"] == _digest(body)
    except FileNotFoundError as error:
        raise ModelError(
            f"{path.parent} holds no theme model; restore it from a backup, or make one with 'voc themes discover'"
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{path} cannot be read; restore it from a backup, or run 'voc themes discover' again"
        ) from error
    if not intact:
        raise ModelError(f"{path} was changed or damaged; restore it from a backup, or run 'voc themes discover' again")
    if body.get("format") != _FORMAT:
        raise ModelError(f"{path} has format {body.get('format')}, not {_FORMAT}; run 'voc themes discover' again")
    return body


def _read_numbers(folder: Path, name: str, sha: str) -> dict[str, Any]:
    from safetensors.numpy import load

    try:
        raw = (folder / name).read_bytes()
    except OSError as error:
        raise ModelError(
            f"{folder / name} cannot be read; restore it from a backup, or run 'voc themes discover' again"
        ) from error
    if hashlib.sha256(raw).hexdigest() != sha:
        raise ModelError(
            f"{folder / name} was changed or damaged; restore it from a backup, or run 'voc themes discover' again"
        )
    tensors: dict[str, Any] = load(raw)
    return tensors


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _replace(path: Path, content: bytes) -> None:
    """Write ``content`` to disk beside ``path`` and put it in place at once, for good when this returns."""
    beside = path.with_name(f".{path.name}{_HALF}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    _sync_names(path.parent)


def _make_folder(folder: Path) -> None:
    """Make ``folder``, mode 0700, and sync each parent that got a name: else a power cut takes the model with it."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
    # Also where it was there: the run that made it may have died before it synced.
    _sync_names(folder.parent)


def _sync_names(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
