"""Train the name model and write ``models/names/people.safetensors``, its manifest entry included."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from dataclasses import replace
from math import log2
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from voc import modelstore
from voc.privacy.features import BUCKETS, Features, Tokens
from voc.privacy.lexicon import Lexicon
from voc.privacy.people import FILE, LISTS, NameModel
from voc.privacy.shadow import make_shadow
from voc.privacy.train.synthesis import Example, Generator, Names, listed
from voc.privacy.words import COMMON, GIVEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WIDTH = 32
EPOCHS = 8
PEOPLE, OTHERS, REAL = 30_000, 20_000, 10_000
DROPPED = 0.1  # features left out at random, so that no single one is relied on
FORGOTTEN = 0.5  # names left off the lists in an epoch, so that unlisted names are learnt from letters and context
_WORD = re.compile(r"[^\W\d_]{2,}")
# English words that are given names somewhere, and that feedback has too seldom to be counted.
_ENGLISH = frozenset(
    (
        "angel among art ash autumn basil bee berry blessing blue bonny brandy bunny candy carol cedar chance charity"
        " charm chase cherry clay clove coral cricket crystal dale dawn day destiny dove dream duke dusty earl ebony"
        " eden eve faith fern flora forest forever gale gay gem gene glory grace grant gun guy happy harmony harsh"
        " haven hazel heath holly honey hope hunter ivy jade jail jasmine jet jewel jolly joy joyce lance laurel lily"
        " lucky major marina mark marsh maxim may melody mercy merry mile miles min misty mona moss nana norm olive"
        " opal paige pal pat patience peace pearl penny petal pierce piper poppy porter precious prince pride queen"
        " rain ray reed rich river rob robin rose ruby rusty sage sandy sapphire saw scarlet sharp shell sherry sky"
        " sonny star sterling stew stone storm sue summer sunny tawny teal tiger tim trinity true tulip urban valor"
        " velvet victor violet walker wing winter wren zen zion sol mo al ed jo vi van sun son man ben cal gal vita"
        " tia theo abby mia nova mama papa baba mum dada nan aunty"
    ).split()
)


def real_texts(data: Path) -> list[str]:
    """Feedback from the training parts of the real sets: no dev or test part, and nothing made up."""
    frames = [
        pl.read_csv(data / "nhs-fft/train.csv", infer_schema=False)["FFT answer"],
        pl.read_csv(data / "nhs-criticality/train.csv", infer_schema=False)["text"],
        pl.read_parquet(data / "clothing-reviews/train.parquet")["text"],
        pl.read_csv(data / "shop-intents/curekart_train.csv", infer_schema=False)["text"],
    ]
    texts = pl.concat([f.cast(pl.String).rename("text").drop_nulls().head(6500) for f in frames])
    return [make_shadow(t).text for t in texts.unique(maintain_order=True) if 2 < len(t) < 1200]


def templates(data: Path, *, held_out: bool) -> list[Example]:
    """Texts of pii-templates with the spans of their people; a third of the templates is held out."""
    examples = []
    for file in sorted((data / "pii-templates").glob("*.parquet")):
        for row in pl.read_parquet(file).iter_rows(named=True):
            if (row["template_id"] % 3 == 2) is held_out:
                spans = tuple((s["start"], s["end"]) for s in json.loads(row["spans_json"]) if s["type"] == "PERSON")
                examples.append(Example(row["text"], spans))
    return examples


def build_lexicon(texts: Iterable[str], names: Names) -> Lexicon:
    """Count words in small letters (and acronyms), and list the names that are none of them."""
    given, family = names.words("given"), names.words("family")
    own = {n.lower() for n in listed("given.txt")["G"]}
    counts: Counter[str] = Counter()
    for text in texts:
        # Once a text, so that nobody's favourite word is taken for everybody's.
        counts.update({w.lower() for w in _WORD.findall(text) if w.islower() or w.isupper()})
    common = {
        w: min(9, 1 + int(log2(n / 3)))
        for w, n in counts.items()
        if len(w) < 24 and n >= 3 and (w in COMMON or n >= (15 if w in given | own else 3))
    }
    common |= {w: 1 for w in COMMON if w not in common and w.isalpha()}
    worded = {w for w in (given | own) - GIVEN if counts[w] >= 2 or w in _ENGLISH}
    return Lexicon(
        common,
        *map(frozenset, (given, family, given & own & common.keys(), worded, thing_words() - given - common.keys())),
    )


def thing_words() -> set[str]:
    """The words of which the listed things are named, and countries and languages."""
    from faker import Faker

    fake = Faker("en_US")
    fake.seed_instance(3)
    listing = [name for names in listed("things.txt").values() for name in names]
    listing += [fake.country() for _ in range(1500)] + [fake.language_name() for _ in range(1500)]
    return {w.lower() for name in listing for w in _WORD.findall(name)}


def forget(lexicon: Lexicon, random: Random) -> Lexicon:
    """The lexicon without a random share of its names and things."""
    given, family, things = (
        frozenset(n for n in sorted(group) if random.random() > FORGOTTEN)
        for group in (lexicon.given, lexicon.family, lexicon.things)
    )
    return replace(lexicon, given=given, family=family, things=things)


def matrix(examples: Sequence[Example], features: Features, random: Random | None) -> tuple[Any, Any]:
    """The features of all candidate words, (n_words, BUCKETS) sparse, and whether each is part of a name."""
    from scipy.sparse import csr_matrix

    columns: list[int] = []
    ends, labels = [0], []
    for example in examples:
        tokens = Tokens(example.text)
        for index in features.candidates(tokens):
            ids = features.of(tokens, index)
            columns += ids if random is None else [i for i in ids if random.random() > DROPPED]
            ends.append(len(columns))
            at = tokens.starts[index]
            labels.append(any(start <= at < end for start, end in example.spans))
    data = np.ones(len(columns), dtype=np.float32)
    return csr_matrix((data, columns, ends), shape=(len(labels), BUCKETS)), np.array(labels)


def fit(texts: list[str], data: Path, names: Names, lexicon: Lexicon, epochs: int) -> Any:
    """Train the network, each epoch on newly made texts."""
    from sklearn.neural_network import MLPClassifier

    random = Random(11)
    network = MLPClassifier((WIDTH,), alpha=3e-5, batch_size=512, learning_rate_init=2e-3, random_state=5)
    known = templates(data, held_out=False)
    for epoch in range(epochs):
        network.learning_rate_init = 2e-3 * (1 - epoch / epochs) + 2e-4
        if epoch:
            network._optimizer.learning_rate_init = network.learning_rate_init
        maker = Generator(names, texts, 100 + epoch)
        examples = [maker.person() for _ in range(PEOPLE)] + [maker.other() for _ in range(OTHERS)]
        examples += [Example(t, ()) for t in random.sample(texts, min(REAL, len(texts)))] + known * 2
        x, y = matrix(examples, Features(forget(lexicon, random)), random)
        network.partial_fit(x, y, classes=[False, True])
        sys.stderr.write(f"epoch {epoch + 1}: {len(y)} words, {y.mean():.2f} names, loss {network.loss_:.4f}\n")
    return network


def tensors(network: Any, lexicon: Lexicon) -> dict[str, Any]:
    """The network with eight-bit vectors, and the word lists, as tensors."""
    table, out = network.coefs_
    scale = np.abs(table).max(axis=0) / 127
    blobs = {
        "common": "\n".join(f"{n}{w}" for w, n in sorted(lexicon.common.items())),
        **{name: "\n".join(sorted(getattr(lexicon, name))) for name in LISTS[1:]},
    }
    return {
        "table": np.rint(table / scale).astype(np.int8),
        "scale": scale.astype(np.float32),
        "hidden_bias": network.intercepts_[0].astype(np.float32),
        "out": out[:, 0].astype(np.float32),
        "bias": network.intercepts_[1].astype(np.float32),
        **{name: np.frombuffer(text.encode(), dtype=np.uint8) for name, text in blobs.items()},
    }


def unnamed(texts: list[str], model: NameModel) -> list[str]:
    """The texts in which a first model sees nobody: real feedback has a few names, which must not be unlearnt."""
    return [text for text in texts if not model.spans(text)]


def main() -> None:
    """Train in two rounds, and write the model beside the manifest."""
    from safetensors.numpy import save_file

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the training sets")
    parser.add_argument("--out", type=Path, required=True, help="the folder of shipped models")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    args = parser.parse_args()
    names, texts = Names(), real_texts(args.data)
    lexicon = build_lexicon(texts, names)
    first = NameModel(tensors(fit(texts, args.data, names, lexicon, max(2, args.epochs // 3)), lexicon))
    clean = unnamed(texts, first)
    sys.stderr.write(f"{len(texts) - len(clean)} of {len(texts)} real texts may name somebody and are left out\n")
    # The lists that ship also hold the names kept from training: what is known of a name must not go unused.
    whole = build_lexicon(texts, names.joined(Names(unseen=True)))
    final = tensors(fit(clean, args.data, names, lexicon, args.epochs), whole)
    (args.out / FILE).parent.mkdir(parents=True, exist_ok=True)
    save_file({k: np.ascontiguousarray(v) for k, v in final.items()}, args.out / FILE)
    facts = {
        "name": "finds people's names in feedback",
        "licence": "Apache-2.0",
        "data": "nhs-fft, nhs-criticality (MIT), clothing-reviews (CC0), curekart (ODbL 1.0), pii-templates (MIT;"
        " identities CC BY-SA 3.0 US), names from Faker (MIT); templates of our own",
    }
    modelstore.write_manifest(args.out, {FILE: facts})


if __name__ == "__main__":
    main()
