"""iCalendar objects: feeds, downloads, and the entries that travel in mails."""
