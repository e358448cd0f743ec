"""`voc models` and `voc train`: what ships, that it is intact, and how it was made."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voc.cli.common import JsonFlag, bar, progress, say, show
from voc.errors import InputError

models_app = typer.Typer(help="The models that ship.", no_args_is_help=True)
TRAINABLE = ("encoder", "static", "tags", "heads", "patient-experience", "acts")


def register(app: typer.Typer) -> None:
    """Add this module's commands to the root."""
    app.add_typer(models_app, name="models")
    app.command()(train)


@models_app.command()
def verify(as_json: JsonFlag = False) -> None:
    """Check every model file against the manifest's SHA-256."""
    from voc.modelstore import verify_all

    found = verify_all()
    show(found, list(found.items()), ("file", ""), as_json=as_json)
    if any(state != "ok" for state in found.values()):
        raise typer.Exit(1)


def train(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(TRAINABLE)}.")],
    data: Annotated[list[Path] | None, typer.Option("--data", help="Labelled comments; may be repeated.")] = None,
    out: Annotated[Path, typer.Option("--out", help="The models folder.")] = Path("models"),
    licence: Annotated[str, typer.Option("--licence", help="Licence of the data, for the model card.")] = "",
    source: Annotated[str, typer.Option("--source", help="Name of the data, for the model card.")] = "",
    seed: Annotated[int, typer.Option("--seed", help="The same data and seed give the same file.")] = 0,
    work: Annotated[Path, typer.Option("--work", help="Folder of tags' checkpoints: a stopped run goes on.")] = Path(
        "work"
    ),
    epochs: Annotated[
        int | None, typer.Option("--epochs", min=1, help="Of tags: passes over the patients' set.")
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(
            "--steps", min=1, help="Of tags: a pilot of so many steps an epoch, which says how long all take."
        ),
    ] = None,
) -> None:
    """Make one of the shipped models again; encoder, static and tags need the "train" extra.

    For tags and heads, --data is the folder of the labelled sets.
    """
    if name not in TRAINABLE:
        raise InputError(f"nothing called {name!r} can be trained; use one of {', '.join(TRAINABLE)}")
    if name in ("encoder", "static"):
        _train_base(name, out)
        return
    if name == "acts":
        _train_acts(data or [], out, seed)
        return
    if not data:
        raise InputError("training needs labelled comments: --data FILE.csv, or for tags and heads --data FOLDER")
    if name == "tags":
        _train_tags(data[0], out, work, seed, epochs, steps)
    elif name == "heads":
        _train_heads(data[0], out, work, seed)
    else:
        _train_fast(name, data, out, licence=licence, source=source, seed=seed)


def _train_base(name: str, out: Path) -> None:
    """The sentence encoder, or the static table."""
    from voc.tagging.train import encoder

    say(str(encoder.export_encoder(out) if name == "encoder" else encoder.distil_static(out)))


def _train_fast(name: str, data: list[Path], out: Path, *, licence: str, source: str, seed: int) -> None:
    """Fast heads of one taxonomy from labelled comments alone."""
    from voc.tagging.packs import load_pack
    from voc.tagging.train import heads, labelled

    categories = load_pack(name).names
    with progress() as tell:
        path = heads.train(
            labelled.read(data, categories),
            categories,
            name,
            out,
            licence=licence,
            source=source,
            seed=seed,
            progress=lambda step: tell(step, 1),
        )
    say(str(path))


def _train_acts(data: list[Path], out: Path, seed: int) -> None:
    """Intent, urgency and safety: ``data`` are the data folder, the labels that were read, and the test's labels."""
    folders, files = [d for d in data if d.is_dir()], [d for d in data if not d.is_dir()]
    if len(folders) != 1 or len(files) != 2:
        raise InputError(
            "acts need the data folder, the labels that teach and the test's labels, in this order: "
            "--data FOLDER --data read.csv --data gold.csv"
        )
    from voc.tagging.train import acts

    with progress() as tell:
        path = acts.train(folders[0], files[0], files[1], out, seed=seed, progress=lambda step: tell(step, 1))
    say(str(path))


def _train_tags(data: Path, out: Path, work: Path, seed: int, epochs: int | None, steps: int | None) -> None:
    """The encoder of tags; of a pilot, also what the whole would take at its pace."""
    from time import perf_counter

    from voc.tagging.train import corpus, encoder, finetune, tiers

    sets, epochs = corpus.read(data, seed), epochs or finetune.EPOCHS
    began = perf_counter()
    with bar() as tell:
        checkpoint = finetune.train(sets, work, seed=seed, epochs=epochs, stop_after=steps, progress=tell)
    if steps is not None:
        minutes = (perf_counter() - began) / (epochs * steps) * finetune.n_steps(sets, seed) / 60
        say(f"at this pace {finetune.EPOCHS} whole epochs take about {minutes:.0f} minutes")
    say(str(encoder.export_tags(checkpoint, out, data=tiers.SOURCE)))


def _train_heads(data: Path, out: Path, work: Path, seed: int) -> None:
    """All heads that rest on the encoder of tags."""
    from voc.tagging.train import corpus, finetune, tiers

    sets = corpus.read(data, seed)
    with progress() as tell:
        tiers.fit(
            sets, finetune.heads_of(finetune.last(work), sets), out, seed=seed, progress=lambda step: tell(step, 1)
        )
    say(str(out / "fast"))
