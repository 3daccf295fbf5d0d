"""What every room stands on: database, clock, errors, text, tokens, links, and the wording of times."""
