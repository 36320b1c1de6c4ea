"""The GP Patient Survey: people and their answers, and the files of both series."""
