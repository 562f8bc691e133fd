"""One simulated instrument alone on the bench's cryostat, for the tests of its wire."""

from instruments.simulation.rack import RackInstrument, build_rack
from instruments.simulation.visa import open_resource_manager


class Line:
    """An instrument and a line to it; the coil makes 0.125 T/A, and its switch takes 20 s."""

    read_termination = write_termination = "\n"

    def __init__(self, make_bench, driver, address, *entries):
        bench = make_bench()
        self.clock, self.cryostat, self.address = bench.clock, bench.cryostat, address
        instruments = [RackInstrument(driver, address, options) for options in entries or ({},)]
        self.rack = build_rack(self.clock, self.cryostat, instruments)
        self.box = self.rack.box(address).instrument
        self.manager = open_resource_manager(self.rack)
        self.line = self.open()

    def open(self):
        ends = {"read_termination": self.read_termination, "write_termination": self.write_termination}
        return self.manager.open_resource(self.address, **ends)

    def ask(self, question):
        return self.line.query(question)

    def later(self, time_s):
        self.clock.sleep(time_s)
        self.cryostat.advance()

    def open_switch(self, *commands):
        self.tell(*commands)
        self.clock.sleep(21.0)

    def coil_T(self):
        self.cryostat.advance()
        return self.cryostat.magnet.coil_field_T
