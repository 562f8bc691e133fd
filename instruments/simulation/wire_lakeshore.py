"""How Lake Shore's controllers answer a line: every command of it is tried, there is no error queue.

Source: Lake Shore Model 372 user's manual, chapter 6. A command that cannot be done sets a bit of the event
register.
"""

import re

from instruments.simulation.wire import Refusal, settings_conflict
from instruments.simulation.wire_ieee import MNEMONIC_HEADER, Arguments, IeeeInstrument


class LakeShoreInstrument(IeeeInstrument):
    """Mnemonics, chained commands, one joined reply, an event register."""

    def __init__(self, identity: str, header: re.Pattern[str] = MNEMONIC_HEADER) -> None:
        super().__init__(identity, header, b"\r\n")
        self.table.add("*CLS", self._clear)

    def _answer(self, line: str) -> str | None:
        replies: list[str] = []
        for call in self.table.parse(line):
            try:
                if call.handler != self._clear and not call.is_query and self._takes_denial():
                    raise settings_conflict()
                reply = self._run(call)
            except Refusal as refusal:
                self.events |= refusal.event_bit
            else:
                replies += [] if reply is None else [reply]
        return ";".join(replies) if replies else None

    def _clear(self, _: Arguments) -> None:
        self.clear_status()
