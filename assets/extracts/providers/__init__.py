"""What those who send files are given: templates, guidance, error reports."""
