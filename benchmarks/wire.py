"""Time of an answer of the simulated rack: in the process through PyVISA, and over TCP on loopback.

In the process: a raw ``query`` of pyvisa on ``station.yaml@fluxoid``. Over TCP: a plain socket to ``fluxoid
simulate`` in another process, and a raw ``query`` of pyvisa-py on the same. The rack runs in real time, so that an
answer also brings the cryostat to the present. Targets: 50 us and 200 us (median). Not asked: readings that take
their integration time, and MultiPyVu, whose question is four frames. The rack lives in steps of a millisecond, so
that most of these answers find the cryostat at the present; "with a step" is the time in the process when 10 ms
have passed before every question and all of magnet, temperatures and lock-in filters have to follow.

Run ``python -m benchmarks.wire [QUESTIONS]``.
"""

import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pyvisa

import pyvisa_fluxoid

HOME = Path(__file__).parent.parent
STATIONS = [HOME / "configs" / "stations" / f"{name}.yaml" for name in ("teslatron_pt12", "dilution_9t")]
QUESTIONS = {
    "mercury_ips": "READ:DEV:GRPZ:PSU:SIG:FLD",
    "mercury_itc": "READ:DEV:MB1.T1:TEMP:SIG:TEMP",
    "sr830": "SNAP? 1,2",
    "keithley_6221": ":SOUR:CURR?",
    "keithley_2182a": ":SENS:CHAN?",
    "keithley_2400": ":SOUR:VOLT?",
    "ami_430": "FIELD:MAG?",
    "lakeshore_372": "KRDG? 6",
}
TARGET_US = {"in process": 50.0, "with a step": 50.0, "TCP socket": 200.0, "TCP pyvisa-py": 200.0}
WARM_UP = 200


def median_us(
    ask: Callable[[], object], count: int, before: Callable[[], None] = lambda: None
) -> tuple[float, float]:
    """Median and 99th percentile of the time of one answer; what is done ``before`` each is not counted."""
    for _ in range(WARM_UP):
        ask()
    times = []
    for _ in range(count):
        before()
        start = time.perf_counter()
        ask()
        times.append(1e6 * (time.perf_counter() - start))
    return statistics.median(times), statistics.quantiles(times, n=100)[98]


@contextmanager
def served(station: Path) -> Iterator[dict[str, tuple[str, str]]]:
    """The station over TCP by another process: driver, and where it is here and in the station file, by role."""
    command = [sys.executable, "-m", "fluxoid", "simulate", str(station), "--port-base", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=HOME) as program:
        assert program.stdout is not None
        found = {}
        for line in program.stdout:
            if line.startswith("serving"):
                break
            if match := re.search(r"(TCPIP0\S+)\s+(\w+): .*in the station file (\S+)\)", line):
                found[match.group(2)] = (match.group(1), match.group(3))
        try:
            yield found
        finally:
            program.terminate()


def over_socket(address: str, question: str, count: int) -> tuple[float, float]:
    _, host, port, _ = address.split("::")
    message = question.encode("ascii") + b"\n"
    with socket.create_connection((host, int(port))) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.settimeout(0.2)
        try:
            client.recv(4096)  # a greeting, where there is one
        except TimeoutError:
            client.settimeout(None)

        def ask() -> bytes:
            client.sendall(message)
            return client.recv(4096)

        return median_us(ask, count)


def over_visa(
    library: str, address: str, question: str, count: int, before: Callable[[], None] = lambda: None
) -> tuple[float, float]:
    with closing(pyvisa.ResourceManager(library)) as manager:
        resource = manager.open_resource(address, read_termination="\n", write_termination="\n")
        resource.timeout = 200
        try:
            while True:
                resource.read()  # a greeting, where there is one
        except pyvisa.VisaIOError:
            resource.timeout = 2000
        try:
            return median_us(lambda: resource.query(question), count, before)
        finally:
            resource.close()


def main(count: int) -> None:
    worst = dict.fromkeys(TARGET_US, 0.0)
    print(f"{count} questions each, us: median (99 %)\n{'':<16}" + "".join(f"{way:>24}" for way in TARGET_US))
    for station in STATIONS:
        with served(station) as instruments:
            for driver, (here, declared) in instruments.items():
                question = QUESTIONS[driver]
                virtual = f"{station}?clock=virtual@fluxoid"
                clock = pyvisa_fluxoid.rack(virtual).clock
                times = {
                    "in process": over_visa(f"{station}@fluxoid", declared, question, count),
                    "with a step": over_visa(virtual, declared, question, count, partial(clock.sleep, 0.01)),
                    "TCP socket": over_socket(here, question, count),
                    "TCP pyvisa-py": over_visa("@py", here, question, count),
                }
                worst = {way: max(worst[way], times[way][0]) for way in worst}
                shown = (f"{median:.1f} ({high:.0f})" for median, high in times.values())
                print(f"{driver:<16}" + "".join(f"{text:>24}" for text in shown))
    for way, target in TARGET_US.items():
        word = "met" if worst[way] < target else "MISSED"
        print(f"{way}: slowest median {worst[way]:.1f} us, target {target:.0f} us: {word}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
