"""What this computer's node did, kept for the person who owns it: one SQLite file, written and read off the loop."""
