"""Many recordings, unattended: what is found is queued, claimed, heard, judged and kept, each exactly once."""
