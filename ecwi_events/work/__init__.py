"""What must happen and has not happened yet: durable rows, claimed under a lease, finished by token."""
