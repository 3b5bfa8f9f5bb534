"""Everything that draws. Views hold no decisions and do no I/O."""
