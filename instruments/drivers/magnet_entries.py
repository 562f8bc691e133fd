"""Magnet supplies in the catalogue."""

from collections.abc import Mapping

from pymeasure.adapters import Adapter

from instruments.drivers import (
    ami_430,
    cryomagnetics_4g,
    mercury,
    oxford_legacy,
)
from instruments.drivers.ami_430 import Ami430
from instruments.drivers.checked import Checked
from instruments.drivers.cryomagnetics_4g import Cryomagnetics4G
from instruments.drivers.entry import Driver, Request, itself
from instruments.drivers.ips_120 import Ips120
from instruments.drivers.mercury_ips import MercuryIps
from instruments.drivers.switched_magnet import DEFAULT_SWITCH_TIME_S


def _switch_time_s(request: Request) -> float:
    return float(request.options.get("switch_time", DEFAULT_SWITCH_TIME_S))


def _mercury_ips(adapter: Adapter, request: Request) -> Checked:
    return MercuryIps(
        adapter,
        limits=request.limits.magnet,
        clock=request.clock,
        group=str(request.option("group")),
        has_switch=bool(request.option("switch")),
        switch_time_s=_switch_time_s(request),
    )


def _ami_430(adapter: Adapter, request: Request) -> Checked:
    has_switch = bool(request.option("switch"))
    return Ami430(adapter, limits=request.limits.magnet, clock=request.clock, has_switch=has_switch)


def _ips_120(adapter: Adapter, request: Request) -> Checked:
    return Ips120(
        adapter,
        limits=request.limits.magnet,
        clock=request.clock,
        has_switch=bool(request.option("switch")),
        switch_time_s=_switch_time_s(request),
    )


def _cryomagnetics_4g(adapter: Adapter, request: Request) -> Checked:
    return Cryomagnetics4G(
        adapter,
        limits=request.limits.magnet,
        clock=request.clock,
        tesla_per_ampere=float(request.option("tesla_per_ampere")),
        has_switch=bool(request.option("switch")),
        switch_time_s=_switch_time_s(request),
    )


MAGNETS: Mapping[str, Driver] = {
    "mercury_ips": Driver({"magnet": frozenset({"group", "switch"})}, mercury.CONNECTION, _mercury_ips, itself),
    "ami_430": Driver({"magnet": frozenset({"switch"})}, ami_430.CONNECTION, _ami_430, itself),
    "ips_120": Driver({"magnet": frozenset({"switch"})}, oxford_legacy.CONNECTION, _ips_120, itself),
    "cryomagnetics_4g": Driver(
        {"magnet": frozenset({"tesla_per_ampere", "switch"})},
        cryomagnetics_4g.CONNECTION,
        _cryomagnetics_4g,
        itself,
    ),
}
