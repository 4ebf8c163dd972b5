"""What people write for a date that is not fixed yet -> the days that it means: « début octobre », « d'ici Noël ».

A library of French dates reads moments; none knows windows, and a guess would be told to everybody. So the grammar is
ours, and small: words -> units of time (`units`), units -> one window (`grammar`). What is not understood is said so.
"""

from spro_agenda.region.vague.grammar import Anchor, Meaning, Said, edtf, read_words
from spro_agenda.region.vague.hints import hints_at_a_date

__all__ = ["Anchor", "Meaning", "Said", "edtf", "hints_at_a_date", "read_words"]
