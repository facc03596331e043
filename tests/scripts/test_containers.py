"""What a stopped test leaves with the Docker engine is removed, and nothing else."""

from __future__ import annotations

import contextlib

from scripts.containers import SESSION_LABEL, engine, remove_containers
from scripts.images import Library

STOPPED, OTHER = 2**31 - 1, 2**31 - 2  # higher than the number of any process


def test_the_containers_of_one_session_are_removed(imaged: Library) -> None:
    with contextlib.closing(engine()) as client:
        made = {
            session: client.containers.create(imaged.image, labels={SESSION_LABEL: str(session)})
            for session in (STOPPED, OTHER)
        }
        made[STOPPED].start()
        remove_containers(STOPPED)
        left = {container.id for container in client.containers.list(all=True, filters={"label": SESSION_LABEL})}
        made[OTHER].remove(v=True)
    assert made[STOPPED].id not in left
    assert made[OTHER].id in left
