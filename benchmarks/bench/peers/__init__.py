"""The servers that are measured, ours first."""

from __future__ import annotations

from bench.peers import cyrus, ours, radicale, xandikos
from bench.peers.base import Peer

PEERS: dict[str, Peer] = {peer.name: peer for peer in (ours.PEER, radicale.PEER, xandikos.PEER, cyrus.PEER)}
