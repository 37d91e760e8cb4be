"""Rules on matters: deadlines, repeats, sequences, absences. A matter is a keyed hash, and no more is kept."""
