"""Who was there: rows of evidence, and the verdict derived from them."""
