"""Records points until it is killed: ``DIRECTORY POINTS_PER_CURVE``.

Prints how many points were handed over, every 50, and then reads a line: whoever started it sets the pace.
"""

import sys
from pathlib import Path

from analysis.curves import CurveInfo
from fluxoid.recording import Recorder, RunHeader
from instruments.clock import VirtualClock
from procedures.point import COLUMNS, Point


def main() -> None:
    directory, per_curve = Path(sys.argv[1]), int(sys.argv[2])
    clock = VirtualClock()
    recorder = Recorder(directory, RunHeader("killed", "a: 1\n", "b: 2\n"), clock, queue_capacity=256)
    number = 0
    for curve in range(1_000_000):
        recorder.start_curve(CurveInfo(f"curve {curve}", "R(T)", {"field_T": float(curve)}), COLUMNS)
        for _ in range(per_curve):
            clock.sleep(1.0)
            recorder.add(Point({column.name: float(number) for column in COLUMNS}))
            number += 1
            if number % 50 == 0:
                print(number, flush=True)
                sys.stdin.readline()
        recorder.end_curve()


if __name__ == "__main__":
    main()
