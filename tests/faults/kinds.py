"""The ways in which a night is broken. Each breaks a fresh workspace, mends what a message says, and reruns."""

import os
import re
import shutil
import signal
import sqlite3
import time
from pathlib import Path

import disk
from beside import receivers, restarted_server
from trials import same, settled
from world import night

import voc
from clinic import DAY
from voc.faults import POINTS


def named_point(world, rng, books, point=None):
    """kill -9 at a named point, at a drawn passage."""
    point = point or rng.choice([p for p in POINTS if world.passages.get(p)])
    passage = rng.randint(1, world.passages[point])
    root = world.fresh()
    ended = books.enter(world.run(night, root, *_fault(f"{point}:{passage}")))
    assert ended.code == -signal.SIGKILL, f"never came to {point}:{passage}: {ended.err[-500:]}"
    settled(world, root)
    return f"{point}:{passage}"


def _fault(point):
    return DAY, None, {"VOC_FAULT": point}


def random_moment(world, rng, books):
    """kill -9 at any moment, up to three times in a row."""
    root, moments = world.fresh(), [rng.uniform(0.02, world.seconds) for _ in range(rng.randint(1, 3))]
    for moment in moments:
        books.enter(world.start(night, root).wait(kill_after=moment), may_fail=False)
    settled(world, root)
    return " ".join(f"{moment:.2f}s" for moment in moments)


def at_a_call(world, rng, books):
    """kill -9 just before some call that changes the disk."""
    root, nth = world.fresh(), rng.randint(1, world.calls)
    books.enter(world.run(night, root, *_armed(disk.KILL, nth)), may_fail=False)
    settled(world, root)
    return f"call {nth} of {world.calls}"


def _armed(how, nth, **more):
    return DAY, ((how, nth), more)


def power_cut(world, rng, books):
    """The power fails at some call: what was not synced is gone, or there in part."""
    root, nth, torn = world.fresh(), rng.randint(1, world.calls), rng.random() < 0.5
    shadow = root.with_name(root.name + ".shadow")
    disk.remember(root, shadow)
    books.enter(world.run(night, root, *_armed(disk.KILL, nth, shadow=shadow)), may_fail=False)
    disk.cut_power(root, shadow, rng, torn=torn)
    settled(world, root)
    shutil.rmtree(shadow)
    return f"call {nth}, {'torn' if torn else 'unsynced lost'}"


def power_cut_after(world, rng, books):
    """The power fails when a night has just said that it ended well: nothing of it may be lost."""
    root, torn = world.fresh(), rng.random() < 0.5
    shadow = root.with_name(root.name + ".shadow")
    disk.remember(root, shadow)
    books.enter(world.run(night, root, *_armed(disk.OFF, 0, shadow=shadow)), may_fail=False)
    disk.cut_power(root, shadow, rng, torn=torn)
    same(world.right["plain"], world.state(root))
    settled(world, root)
    shutil.rmtree(shadow)
    return "torn" if torn else "unsynced lost"


def _failing_disk(how, name, doc):
    def kind(world, rng, books):
        root, nth = world.fresh(), rng.randint(1, world.calls)
        books.enter(world.run(night, root, *_armed(how, nth)))
        settled(world, root)
        return f"from call {nth}" if how != disk.BROKEN else f"call {nth}"

    kind.__doc__, kind.__name__ = doc, name
    return kind


def clock_jump(world, rng, books):
    """The machine's clock jumps by up to two years, either way, in the middle of the night."""
    root, nth = world.fresh(), rng.randint(1, world.calls)
    seconds = rng.choice((-1, 1)) * rng.choice((3600, 86_400, 63_000_000))
    books.enter(world.run(night, root, *_armed(disk.CLOCK, nth, seconds=seconds)), may_fail=False)
    same(world.right["plain"], world.state(root))
    settled(world, root)
    return f"{seconds:+d} s at call {nth}"


def two_at_once(world, rng, books):
    """Two nights at once, one of which may be killed: the other is told that it is busy, or waits its turn."""
    root, killed = world.fresh(), rng.random() < 0.5
    first = world.start(night, root)
    time.sleep(rng.uniform(0, world.seconds / 2))
    second = books.enter(world.run(night, root))
    first = books.enter(first.wait(kill_after=rng.uniform(0, world.seconds / 2) if killed else None))
    codes = {first.code, second.code}
    assert codes <= {0, 75, -signal.SIGKILL}, codes
    assert killed or 0 in codes, "both were refused"
    settled(world, root)
    return f"{first.code} and {second.code}"


def locked_register(world, rng, books):
    """Somebody holds the register: for a moment, or for longer than a night waits."""
    root, long = world.fresh(), rng.random() < 0.5
    with voc_register(root) as other:
        began = world.start(_impatient_night, root, 0.3 if long else 30)
        time.sleep(rng.uniform(0, world.seconds))
        other.execute("BEGIN IMMEDIATE")
        time.sleep(1.0 if long else 0.2)
        other.execute("ROLLBACK")
        ended = books.enter(began.wait())
    assert long or ended.code == 0, "a short wait is no failure"
    settled(world, root)
    return "too long" if long else "a moment"


def voc_register(root):
    """A connection to the register beside voc's own; closing it is the caller's."""
    from contextlib import closing

    connection = sqlite3.connect(root / "register.db", isolation_level=None, timeout=30)
    return closing(connection)


def _impatient_night(root, seconds):
    from voc.store import database

    database.WAIT_SECONDS = seconds
    return night(root)


def readers(world, rng, books):
    """The app's queries throughout a night that is killed, and through its rerun: no error and no half batch."""
    root, stop = world.fresh(), world.folder / "stop"
    reading = world.start(_read_on, root, stop)
    books.enter(world.start(night, root).wait(kill_after=rng.uniform(0.2, world.seconds)), may_fail=False)
    try:
        settled(world, root)
    finally:
        stop.touch()
        ended = reading.wait()
        stop.unlink()
    assert ended.code == 0, f"a reader failed: {ended.err[-1500:]}"
    return f"{ended.out.strip()} readings"


def _read_on(root, stop):
    from voc import queries
    from voc.model import Filter

    readings = most = 0
    while not stop.exists():
        with voc.open(root) as ws:
            tables = ws.tables()
            n = ws.lake.count("feedback")
            assert n >= most, "feedback that was there is gone"
            queries.themes_table(tables, Filter())
            queries.score_summary(tables, Filter())
            most = n
            readings += 1
    print(readings)
    return 0


def upkeep(world, rng, books):
    """Merging files and cleaning the log, or erasing a person, is killed or loses its power, and is run again."""
    verb = rng.choice((_maintain, _erase))
    name, root = verb.__name__, world.fresh("done")
    if name not in world.right:
        counted = world.folder / "calls"
        calm = world.fresh("done")
        assert world.run(verb, calm, 0, None, counted).code == 0
        world.right[name], world.told[name] = _untimed(world.state(calm)), world.taken(counted)
    nth, shadow = rng.randint(1, world.told[name]), root.with_name(root.name + ".shadow")
    disk.remember(root, shadow)
    how = rng.choice(("killed", "torn", "unsynced lost"))
    books.enter(world.run(verb, root, nth, shadow), may_fail=False)
    if how != "killed":
        disk.cut_power(root, shadow, rng, torn=how == "torn")
    shutil.rmtree(shadow)
    again = world.run(verb, root)
    assert again.code == 0, f"the rerun failed: {again.code} {again.err[-1500:]}"
    same(world.right[name], _untimed(world.state(root)))
    told = world.run(_doctor, root)
    assert told.code == 0, told.out
    return f"{name[1:]} {how} at call {nth} of {world.told[name]}"


def _untimed(found):
    """Without when somebody was put on the list of the erased: that is the machine's time."""
    found["register"]["erasures"] = re.sub(r"'\d{4}-[^']*'", "when", found["register"]["erasures"])
    return found


def _maintain(root, nth=0, shadow=None, counted=None):
    return _armed_verb(root, nth, shadow, counted, lambda ws: ws.maintain(days=1))


def _erase(root, nth=0, shadow=None, counted=None):
    return _armed_verb(root, nth, shadow, counted, lambda ws: ws.erase("person-e", "survey"))


def _armed_verb(root, nth, shadow, counted, verb):
    """Do it with a checkpoint after each commit, and a log that is cleaned at once."""
    from voc.store import delta, digests

    delta._CHECKPOINT_EVERY, digests.KEPT = 1, -60
    disk.arm(root, disk.KILL if nth else disk.OFF, nth, shadow=shadow)
    with voc.open(root) as ws:
        verb(ws)
    if counted:
        counted.write_text(str(disk.passed()))
    return 0


def damaged_lake(world, rng, books):
    """A file of the lake is cut, flipped, emptied or gone; the message names it; a backup cures it."""
    root = world.fresh("done")
    # Locks and the index of ids, which are hidden, hold nothing that is not made anew.
    files = [p for p in sorted((root / "lake").rglob("*")) if p.is_file() and not _hidden(p.relative_to(root))]
    kind = rng.choice((".parquet", ".json", ""))
    victim = rng.choice([p for p in files if p.suffix == kind])
    good = victim.read_bytes()
    how = _damage(victim, good, rng)
    ended = books.enter(world.run(night, root))
    told = ended.message if ended.code else world.run(_doctor, root).out
    assert victim.name in told, (
        f"{victim.relative_to(root)} {how}, and neither the night nor the doctor names it: {told}"
    )
    assert victim.parent.name in told or victim.parent.parent.name in told, told
    victim.write_bytes(good)
    victim.chmod(0o600)
    settled(world, root)
    return f"{victim.relative_to(root / 'lake')} {how}"


def _hidden(path):
    return any(part.startswith(".") for part in path.parts)


def _damage(victim, good, rng):
    how = rng.choice(("cut", "flipped", "gone", "emptied"))
    if how == "gone":
        victim.unlink()
    elif how == "flipped":
        at = rng.randrange(len(good))
        victim.write_bytes(good[:at] + bytes([good[at] ^ (1 << rng.randrange(8))]) + good[at + 1 :])
    else:
        os.truncate(victim, 0 if how == "emptied" else rng.randrange(1, len(good)))
    return how


def _doctor(root):
    return voc.cli.run(["-w", str(root), "doctor", "--json"])


def damaged_model(world, rng, books):
    """A file of the theme model or of the shipped models is damaged: it is named, never used, and a backup cures it."""
    if rng.random() < 0.5:
        root, env = world.fresh("done"), {}
        victim = rng.choice(sorted(p for p in (root / "themes").rglob("*") if p.is_file()))
    else:
        root, copied = world.fresh(), world.folder / "models"
        shutil.rmtree(copied, ignore_errors=True)
        victim, env = _copied_models(copied, rng), {"VOC_MODELS": str(copied)}
    good = victim.read_bytes()
    how = _damage(victim, good, rng)
    ended = books.enter(world.run(_cold, night, root, env))
    told = ended.message if ended.code else world.run(_cold, _doctor, root, env).out
    assert victim.name in told or victim.parent.name in told, f"{victim.name} {how} is not named: {told}"
    victim.write_bytes(good)
    settled(world, root)
    return f"{victim.parent.name}/{victim.name} {how}"


def _copied_models(target, rng):
    from voc import modelstore

    source = modelstore.models_dir()
    target.mkdir()
    victim = rng.choice(sorted(modelstore.manifest(source)))
    for path in source.rglob("*"):
        if path.is_file():
            place = target / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            if path.relative_to(source).as_posix() == victim:
                shutil.copyfile(path, place)
            else:
                place.symlink_to(path)
    return target / Path(victim)


def _cold(work, root, env):
    """Call ``work`` with nothing of the models in memory yet."""
    from voc import modelstore
    from voc.text import encode

    os.environ.update(env)
    for kept in (modelstore.manifest, modelstore._verified, encode.load_encoder, encode.load_static):
        kept.cache_clear()
    return work(root)


WORD = "More chairs"
POISONED = "poisoned"
_WHY = re.compile(r"'tagging it [^']*'")


def poison_row(world, rng, books):
    """One row makes the tagger raise, or kills whatever process tags it: that row is kept out, the rest goes on."""
    how = rng.choice(("raise", "kill"))
    if POISONED not in world.right:
        root = world.fresh()
        assert world.run(_poisoned, root, "raise").code == 0
        world.right[POISONED] = _without_reason(world.state(root))
    root = world.fresh()
    deaths = 0
    while (ended := world.run(_poisoned, root, how)).code == -signal.SIGKILL:
        books.enter(ended)
        deaths += 1
        assert deaths < 3, "a row kills night after night"
    assert books.enter(ended).code == 0, ended.err[-1500:]
    assert '"failed": 1,' in ended.out, ended.out
    listed = world.run(_listed, root)
    assert "tagging it" in listed.out, listed.out + listed.err
    same(world.right[POISONED], _without_reason(world.state(root)))
    return f"{how}, {deaths} deaths"


def _poisoned(root, how):
    os.environ["VOC_POISON"] = f"{how}:{WORD}"
    return night(root)


def _listed(root):
    return voc.cli.run(["-w", str(root), "quarantine", "list", "--json"])


def _without_reason(found):
    found["lake"]["tags"] = _WHY.sub("'why'", found["lake"]["tags"])
    return found


full_disk = _failing_disk(disk.FULL, "full_disk", "The disk is full from some call on, after half of a write.")
read_only_disk = _failing_disk(disk.READONLY, "read_only_disk", "The disk is read-only from some call on.")
broken_disk = _failing_disk(disk.BROKEN, "broken_disk", "One write or sync fails with an I/O error.")

KINDS = (
    named_point, random_moment, at_a_call, power_cut, power_cut_after, full_disk, read_only_disk, broken_disk,
    clock_jump, two_at_once, locked_register, readers, upkeep, damaged_lake, damaged_model, poison_row, receivers,
    *([restarted_server] if os.environ.get("VOC_TEST_POSTGRES") else []),
)  # fmt: skip
