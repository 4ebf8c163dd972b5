"""Whatever attackers send, nobody else's request is answered wrongly, and no worker dies.

A few seconds; `benchmarks/attack.py` has as many as one likes, and says how long the others wait.
"""

from __future__ import annotations

from pathlib import Path

from attack_harness import WITH_GUESSES, WORKERS, log_in, phase
from serving import copy_instance, serving

MOST_MEGABYTES = 1500
"""Of two workers: sixteen bodies of one address may be read at once, of ten megabytes each."""


def test_an_ordinary_client_goes_on_while_others_attack(instance: Path, tmp_path: Path) -> None:
    """Each of its requests is answered as ever, and memory stays bounded. How fast is for the benchmark to say."""
    with serving(copy_instance(instance, tmp_path / "home"), workers=WORKERS) as server:
        log_in(server)
        quiet = phase(server, 1)
        under = phase(server, 6, WITH_GUESSES)
        after = phase(server, 1)
    assert quiet.work.wrong == under.work.wrong == after.work.wrong == []
    assert under.lived
    assert under.megabytes < MOST_MEGABYTES
    for attack in ("nested XML", "entity bomb", "runaway rule", "huge body", "slow body", "hostile request"):
        assert under.sent[f"{attack}, sent"] > 0
    assert {name for name in under.sent if name.startswith(("nested", "entity"))} <= {
        *("nested XML, sent", "nested XML, 400", "entity bomb, sent", "entity bomb, 400")
    }
    assert {name for name in under.sent if name.startswith("runaway")} == {"runaway rule, sent", "runaway rule, 403"}
