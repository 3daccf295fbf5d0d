"""What the service is called, on pages, in mails and in calendars."""

NAME = "ISSA Learning Together"  # a working name; the secretariat decides
