"""Faults of what stands beside voc: receivers of notifications, and the server that keeps the register."""

import os
import re
import secrets
import shlex
import subprocess
import time

import servers
from trials import same
from world import NEXT_DAY, night, with_channel

import voc
from clinic import DAY, VOC_TOML, lake_rows, make_clinic

HOOK = """
[channels.out]
url_env = "VOC_OUT"
quiet = false
private = true

[notifications]
retry_minutes = 15
"""
# How far a delivery has come depends on what the other side did; what was delivered must not.
_COME = re.compile(r"'(?:sent|retrying|sending)', \d+, ")


def receivers(world, rng, books):
    """A webhook or a mail server is down, slow or lying: the night goes on, and the next one delivers."""
    kind = rng.choice(("hook", "mail"))
    how = rng.choice(servers.HOOKS if kind == "hook" else servers.MAILS)
    wanted = _told_by(world, kind, "well", books)[0] if kind not in world.told else world.told[kind]
    world.told[kind] = wanted
    got, state = _told_by(world, kind, how, books)
    assert got == wanted, f"{kind} {how}: {sorted(got ^ wanted)} of {len(wanted)} deliveries"
    if kind in world.right:
        same(world.right[kind], state)
    return f"{kind}: {how}"


def _told_by(world, kind, how, books):
    """Two nights, the first with a receiver that is ``how``: ids of what was taken, and the state after both."""
    port, told = servers.free_port(), world.folder / "told"
    told.write_text("")
    root = with_channel(world, "channel", HOOK)
    address = f"json://127.0.0.1:{port}/?cto=0.4&rto=0.4" if kind == "hook" else (
        f"mailto://127.0.0.1:{port}?from=voc@acme.example&to=ops@acme.example&mode=insecure&cto=0.4&rto=0.4"
    )  # fmt: skip
    for day, manner in ((DAY, how), (NEXT_DAY, "well")):
        server = world.start(servers.listen, kind, manner, told, port) if manner != "down" else None
        ended = books.enter(world.run(night, root, day, None, {"VOC_OUT": address}), may_fail=False)
        assert ended.code == 0, ended.err
        if server:
            server.wait(kill_after=0)
    taken = set(told.read_text().split())
    told.unlink()
    state = world.state(root)
    state["register"]["deliveries"] = _COME.sub("", state["register"]["deliveries"])
    state["register"]["deliveries"] = re.sub(r"'2026-03-\d\d [\d:.]+'|None", "when", state["register"]["deliveries"])
    if how == "well":
        world.right[kind] = state
    return taken, state


CALM = "calm server"


def restarted_server(world, rng, books):
    """PostgreSQL keeps the register, and is restarted in the middle, up to twice: waited for, or told and run again."""
    if CALM not in world.templates:
        world.templates[CALM] = world.folder / "on-server"
        assert world.run(_clinic_on_server, world.templates[CALM], "template_voc").code == 0
        began = time.time()
        calm = _on_server(world)
        assert world.run(night, calm).code == 0
        world.told[CALM], world.right[CALM] = time.time() - began, _server_state(world, calm)
    root, moments = _on_server(world), []
    for _ in range(rng.randint(1, 2)):
        moments.append(rng.uniform(0, world.told[CALM]))
        run = world.start(night, root)
        time.sleep(moments[-1])
        _control("-m", rng.choice(("immediate", "fast")), "restart")
        books.enter(run.wait())
    ended = world.run(night, root)
    assert ended.code == 0, f"the rerun failed: {ended.code} {ended.err[-1500:]}"
    same(world.right[CALM], _server_state(world, root))
    return " ".join(f"{moment:.2f}s" for moment in moments)


def _control(*how):
    # Without the failing disk: that is below the night alone.
    calm = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    control = [*shlex.split(os.environ["VOC_TEST_POSTGRES_CTL"]), *how]
    subprocess.run(control, check=True, stdout=subprocess.DEVNULL, env=calm)


def _url(name):
    return os.environ["VOC_TEST_POSTGRES"].replace("/postgres?", f"/{name}?")


def _clinic_on_server(root, database):
    _new_database(database)
    make_clinic(root, settings=VOC_TOML.replace("[workspace]\n", f'[workspace]\nregister_url = "{_url(database)}"\n'))
    return 0


def _new_database(name, template="template1"):
    import psycopg

    with psycopg.connect(os.environ["VOC_TEST_POSTGRES"], autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return 0


def _on_server(world):
    """A copy of the clinic whose register is a database of its own on the server."""
    name, root = f"voc_{secrets.token_hex(6)}", world.fresh(CALM)
    assert world.run(_new_database, name, "template_voc").code == 0
    settings = root / "voc.toml"
    settings.write_text(settings.read_text().replace("/template_voc?", f"/{name}?"))
    return root


def _server_state(world, root):
    target = world.folder / "server-state"
    ended = world.run(_write_server_state, root, target)
    assert ended.code == 0, f"the state cannot be read: {ended.err[-2000:]}"
    return world.taken(target)


def _write_server_state(root, target):
    import json

    from clinic import files_below, server_rows

    with voc.open(root) as ws:
        ok, n, fault = ws.register.verify_history()
        found = {"lake": lake_rows(root), "register": server_rows(ws.register), "outbox": files_below(root / "outbox")}
    told = {kind: {name: repr(content) for name, content in parts.items()} for kind, parts in found.items()}
    target.write_text(json.dumps(told | {"history": {"unbroken": f"{ok} {n} {fault}"}}))
    return 0
