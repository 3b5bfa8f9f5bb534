"""Whether the node may run now: rules, reasons with hysteresis, and what the person decided. Pure, without clocks."""
