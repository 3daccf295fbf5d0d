"""What kinds of resources and their readers are called on pages."""

from __future__ import annotations

KINDS = {
    "handout": "Handout",
    "slides": "Slides",
    "recording": "Recording",
    "guide": "Guide",
    "article": "Article",
    "podcast": "Podcast",
    "link": "Link",
}
AUDIENCES = {
    "everyone": "Everybody",
    "members": "Members: people of Member organisations who are signed in",
    "signed_up": "People who signed up",
}
# Offered while typing; anything else may be typed too.
LICENCES = ("CC BY 4.0", "CC BY-SA 4.0", "CC BY-NC 4.0", "CC BY-NC-SA 4.0", "CC0 1.0", "All rights reserved")
