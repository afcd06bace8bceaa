"""What a line is: records, quantities, poses, tags, problems, edits, validation. Knows no device by name."""
